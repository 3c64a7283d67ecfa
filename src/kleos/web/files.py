"""The built files of the UI, read once, each with what browsers take compressed."""

import gzip
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Final

import zstandard

BUILT: Final = Path(str(resources.files("kleos.web"))) / "built"
IMMUTABLE: Final = "public, max-age=31536000, immutable"
"""For what carries its content's hash in its name."""
FRESH: Final = "no-cache"
"""Kept, and asked about each time."""
_COMPRESSED_TYPES: Final = ("text/", "application/javascript", "application/json", "image/svg+xml")
_COMPRESSED_FROM_BYTES: Final = 256
_GZIP_LEVEL: Final = 9
_ZSTD_LEVEL: Final = 19
_SIGNATURE_CHARACTERS: Final = 16


@dataclass(frozen=True, slots=True)
class File:
    """``encoded``: the content by encoding, those that are smaller than the plain one only."""

    content: bytes
    media_type: str
    cache: str
    etag: str
    encoded: Mapping[str, bytes]

    @classmethod
    def of(cls, content: bytes, media_type: str, cache: str) -> "File":
        encoded: dict[str, bytes] = {}
        if media_type.startswith(_COMPRESSED_TYPES) and len(content) >= _COMPRESSED_FROM_BYTES:
            encoded["zstd"] = zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(content)
            encoded["gzip"] = gzip.compress(content, _GZIP_LEVEL, mtime=0)
        return cls(content, media_type, cache, f'"{sha256(content).hexdigest()[:_SIGNATURE_CHARACTERS]}"', encoded)

    def best(self, accepted: str) -> tuple[bytes, str | None]:
        """The content in the encoding that the browser takes and we like best."""
        offered = {part.split(";")[0].strip() for part in accepted.split(",") if not part.rstrip().endswith("q=0")}
        for encoding, content in self.encoded.items():
            if encoding in offered:
                return content, encoding
        return self.content, None


def read_files(folder: Path = BUILT) -> dict[str, File]:
    """Every built file by its path, such as `/assets/index-1a2b.js`; empty where the UI was not built."""
    found = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
        if path.is_file():
            name = "/" + path.relative_to(folder).as_posix()
            found[name] = File.of(path.read_bytes(), _media_type(path), _cache(name))
    return found


def _media_type(path: Path) -> str:
    """Without a charset: the answer adds it to what is text."""
    return (
        "text/javascript" if path.suffix == ".js" else mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    )


def _cache(name: str) -> str:
    return IMMUTABLE if name.startswith("/assets/") else FRESH
