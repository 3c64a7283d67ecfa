"""Fonts for pictures: Inter as the UI has it, then what the system has for the letter's script, then Pillow's own.

A letter's script is in its Unicode name, and Noto names its fonts after scripts, so that `DEVANAGARI LETTER KA` is
looked for in `NotoSansDevanagari`. No list of scripts is kept here, and few files are opened however strange a name is.
"""

import contextlib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from PIL import ImageFont

from kleos.web.files import BUILT

FreeType = ImageFont.FreeTypeFont

_OURS: Final = ("latin", "latin-ext", "cyrillic", "cyrillic-ext", "greek", "greek-ext", "vietnamese")
_FOLDERS: Final = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("~/.local/share/fonts"),
    Path("~/.fonts"),
    Path("/System/Library/Fonts"),
    Path("/Library/Fonts"),
    Path("C:/Windows/Fonts"),
)
_SUFFIXES: Final = frozenset({".ttf", ".ttc", ".otf"})
_WEIGHTS: Final = ("-Bold", "[wght]", "[wdth,wght]", "-VF", "-Regular", "")
_EAST_ASIAN: Final = (
    *("NotoSansCJK", "NotoSansCJKsc", "NotoSansCJKjp", "NotoSansCJKkr", "NotoSansSC", "NotoSansJP", "NotoSansKR"),
    *("NotoSansTC", "NotoSerifCJK", "DroidSansFallbackFull", "wqy-zenhei", "wqy-microhei"),
    *("PingFang", "Hiragino Sans GB", "AppleSDGothicNeo", "msyhbd", "msyh", "malgunbd", "meiryob"),
)
_EAST_ASIAN_NAMES: Final = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC", "FULLWIDTH"})
_OTHERS: Final = ("DejaVuSans", "NotoSansSymbols", "NotoSansSymbols2", "NotoSansMath")
_EMOJI: Final = ("NotoColorEmoji", "Apple Color Emoji")
_EMOJI_SIZES_PX: Final = (109, 160)
"""Bitmaps have sizes of their own: that of Noto, and of Apple."""
_LONGEST_SCRIPT: Final = 4
_NO_LETTER: Final = "\U0010fffe"
_BOLD: Final = 700


@dataclass(frozen=True, slots=True)
class Font:
    """A font at one size. Of bitmaps in colour ``scale`` says how much smaller they are drawn than they are."""

    path: Path | None
    face: FreeType
    scale: float = 1.0

    @property
    def is_colour(self) -> bool:
        return self.scale != 1.0

    def length_px(self, text: str) -> float:
        return self.face.getlength(text) * self.scale


@lru_cache(maxsize=128)
def opened(path: Path | None, size_px: int) -> Font | None:
    """None for what is no font that can be drawn here; no path is Pillow's own font."""
    if path is None:
        own = ImageFont.load_default(size_px)
        return Font(None, own) if isinstance(own, FreeType) else None
    if path.stem in _EMOJI:
        for bitmap_px in _EMOJI_SIZES_PX:
            with contextlib.suppress(OSError):
                return Font(path, ImageFont.truetype(path, bitmap_px), size_px / bitmap_px)
        return None
    try:
        face = ImageFont.truetype(path, size_px)
    except OSError:
        return None
    with contextlib.suppress(OSError):  # what has no axes
        axes = face.get_variation_axes()
        face.set_variation_by_axes([_BOLD if axis["name"] == b"Weight" else axis["default"] or 0 for axis in axes])
    return Font(path, face)


@lru_cache(maxsize=16_384)
def has(path: Path | None, cluster: str) -> bool:
    """Whether the font draws all of what is one sign to the reader."""
    font = opened(path, 20)
    if font is None:
        return False
    mode = "RGBA" if font.is_colour else "L"
    drawn = font.face.getmask(cluster, mode)
    if font.is_colour:
        return drawn.getbbox() is not None
    missing = _signature(font.face, _NO_LETTER)
    return all(_signature(font.face, letter) != missing for letter in cluster if not _is_joint(letter))


def _signature(face: FreeType, letter: str) -> tuple[tuple[int, int], bytes]:
    mask = face.getmask(letter)
    return mask.size, bytes(mask)


def _is_joint(letter: str) -> bool:
    """What shows nothing of its own: joiners and selectors."""
    return letter.isspace() or letter in "\u200c\u200d\ufe0e\ufe0f"


def candidates(letter: str, colour: bool) -> Iterator[Path | None]:
    """The fonts that may have a letter, best first; ``colour`` where it is meant as a picture."""
    system = system_fonts()
    if colour:
        yield from _found(system, _EMOJI)
    yield from our_fonts()
    words = unicodedata.name(letter, "").replace("-", " ").split()
    for count in range(min(len(words), _LONGEST_SCRIPT), -1, -1):
        yield from _found(system, ("NotoSans" + "".join(word.capitalize() for word in words[:count]),))
    if words and words[0] in _EAST_ASIAN_NAMES:
        yield from _found(system, _EAST_ASIAN)
    yield from _found(system, _OTHERS)
    if not colour:
        yield from _found(system, _EMOJI)
    yield None


@lru_cache(maxsize=1)
def our_fonts() -> tuple[Path, ...]:
    return tuple(path for name in _OURS for path in sorted(BUILT.glob(f"assets/inter-{name}-wght-normal-*.woff2")))


@lru_cache(maxsize=1)
def system_fonts() -> dict[str, Path]:
    """What the system has, by the name of the file without its ending."""
    return fonts_in(_FOLDERS)


def fonts_in(folders: tuple[Path, ...]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for folder in folders:
        with contextlib.suppress(OSError, RuntimeError):  # no such folder, or nobody's home
            for path in sorted(folder.expanduser().rglob("*")):
                if path.suffix.lower() in _SUFFIXES:
                    found.setdefault(path.stem, path)
    return found


def _found(system: dict[str, Path], families: tuple[str, ...]) -> Iterator[Path]:
    """The first weight of each family that there is; bold before others."""
    for family in families:
        for weight in _WEIGHTS:
            if path := system.get(family + weight):
                yield path
                break
