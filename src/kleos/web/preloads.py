"""What a page will ask for first: browsers fetch it with the document, and not one thing after another."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from kleos.web.files import BUILT

MANIFEST: Final = "pages.json"
_ENTRY: Final = "index.html"
_FONT: Final = "inter-latin-wght-normal-"


@dataclass(frozen=True, slots=True)
class Preloads:
    """``scripts`` and ``fonts`` are built files, ``answers`` what the page reads first, the same for whoever asks."""

    scripts: tuple[str, ...] = ()
    fonts: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()

    def tags(self) -> list[str]:
        return [
            *(f'<link rel="preload" as="font" type="font/woff2" crossorigin href="{path}" />' for path in self.fonts),
            *(f'<link rel="modulepreload" crossorigin href="{path}" />' for path in self.scripts),
            *(
                f'<link rel="preload" as="fetch" crossorigin href="{escape(path, quote=True)}" />'
                for path in self.answers
            ),
        ]


def preloads_of(segments: Sequence[str]) -> Preloads:
    """Of the page at this address; its routes are those of `web/src/router.tsx`."""
    module, answers = page_of(segments)
    manifest = _manifest(BUILT / MANIFEST)
    entry, page = _files(manifest, _ENTRY), _files(manifest, f"src/pages/{module}.tsx")
    return Preloads(
        tuple(path for path in page if path not in entry),
        tuple({path: None for path in _assets(manifest) if path.startswith(f"/assets/{_FONT}")}),
        answers,
    )


def page_of(segments: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The module of the page at this address, and the answers that it reads first; nothing where there is no page."""
    match list(segments):
        case [""]:
            return "home/HomePage", ("/v1/games",)
        case ["g", game]:
            return "game/GamePage", (_game(game),)
        case ["g", game, "b", _]:
            return "board/BoardPage", (_game(game),)
        case ["g", game, "m", _]:
            return "match/MatchPage", (_game(game),)
        case ["g", _, "achievements"]:
            return "achievements/AchievementsPage", ()
        case ["g", game, "insight"]:
            return "insight/InsightPage", (_game(game),)
        case ["g", game, "play"]:
            return "play/PlayPage", (_game(game),)
        case ["p", _]:
            return "player/PlayerPage", ("/v1/games",)
        case ["p", _, "vs", _]:
            return "compare/ComparePage", ("/v1/games",)
        case ["me"]:
            return "me/MePage", ()
        case ["manage"]:
            return "manage/ManagePage", ()
        case ["manage", game, _]:
            return "manage/GameManagePage", (_game(game),)
    return "", ()


def _game(game: str) -> str:
    return f"/v1/games/{quote(game, '')}"


@lru_cache(maxsize=1)
def _manifest(path: Path) -> Mapping[str, Any]:
    """What the build made of which source; nothing where it was not built."""
    found: Mapping[str, Any] = json.loads(path.read_bytes()) if path.is_file() else {}
    return found


def _files(manifest: Mapping[str, Any], source: str) -> tuple[str, ...]:
    """The script of a source, and all that it imports at once."""
    found: dict[str, None] = {}
    waiting = [source]
    while waiting:
        chunk = manifest.get(waiting.pop())
        if chunk is not None and (path := f"/{chunk['file']}") not in found:
            found[path] = None
            waiting += chunk.get("imports", [])
    return tuple(found)


def _assets(manifest: Mapping[str, Any]) -> Iterator[str]:
    for chunk in manifest.values():
        yield f"/{chunk['file']}"
        yield from (f"/{path}" for path in chunk.get("assets", []))
