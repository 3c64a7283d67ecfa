"""The head of a page's document: what a link to it shows where it is shared."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any, Final
from urllib.parse import quote, urlencode

from kleos.core.errors import KleosError
from kleos.engine.engine import Engine
from kleos.web import told
from kleos.web.cards import HEIGHT_PX, WIDTH_PX, Card
from kleos.web.files import FRESH, File
from kleos.web.preloads import Preloads
from kleos.web.shapes import MARKER as SHAPE_MARKER

MARKER: Final = b"<!-- head -->"
_HOST: Final = re.compile(r"[A-Za-z0-9.\-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")
_MOST_HEADS: Final = 512
_NOTHING: Final = Preloads()


@dataclass(frozen=True, slots=True)
class Head:
    """``picture`` is the path of a card; None where there is none."""

    title: str
    description: str
    picture: str | None = None


GENERIC: Final = Head("Kleos", "Game statistics, leaderboards and achievements, live. Every number says why.")


async def head_of(engine: Engine, segments: Sequence[str], query: Mapping[str, str]) -> Head:
    """What the page at this address is about; the generic head for what there is not, and for what nobody may see."""
    try:
        return await _head(engine, segments, {name: plain(value) for name, value in query.items()}) or GENERIC
    except KleosError:
        return GENERIC


async def _head(engine: Engine, segments: Sequence[str], query: Mapping[str, str]) -> Head | None:
    match list(segments):
        case ["p", player] if "game" in query and "award" in query:
            game, award = query["game"], query["award"]
            card = await told.of_award(engine, game, award, player)
            return _with(card, f"/cards/g/{quote(game, '')}/a/{quote(award, '')}/{quote(player, '')}.png")
        case ["p", player]:
            picture = _picture_of(engine, player, query.get("game"))
            return _with(await told.of_player(engine, player, query.get("game")), picture)
        case ["p", player, "vs", other]:
            whose = query.get("game")
            one, two = await told.of_player(engine, player, whose), await told.of_player(engine, other, whose)
            title = f"{one.name} vs {two.name}"
            return Head(title, "Number by number: who leads what.", _picture_of(engine, player, whose))
        case ["g", game, "b", board] if "player" in query:
            player, window, parts = query["player"], query.get("window"), partition_of(query.get("partition"))
            card = await told.of_standing(engine, game, board, player, window, parts)
            further = urlencode({**({"window": window} if window else {}), **parts})
            path = f"/cards/g/{quote(game, '')}/b/{quote(board, '')}/{quote(player, '')}.png"
            return _with(card, f"{path}?{further}" if further else path)
        case ["g", game, "b", board]:
            shown = engine.game(game).board(board).presentation
            title = engine.game(game).definition.presentation.title
            return Head(f"{shown.title} · {title}", shown.text or f"The board of {title}, live.")
        case ["g", game, *_]:
            shown = engine.game(game).definition.presentation
            return Head(shown.title, shown.text or GENERIC.description)
    return None


def _picture_of(engine: Engine, player: str, game: str | None) -> str:
    """The path of a player's card. It names the game where that has players of its own."""
    whose = f"?{urlencode({'game': game})}" if game is not None and engine.game(game).namespace else ""
    return f"/cards/p/{quote(player, '')}.png{whose}"


def _with(card: Card, picture: str) -> Head:
    return Head(f"{card.name} · {card.headline}", f"{card.place} · {card.description}", picture)


def plain(text: str) -> str:
    """A value of a page's address: one that could be taken for something else stands there as a string in JSON."""
    if not text.startswith('"'):
        return text
    try:
        given: Any = json.loads(text)
    except ValueError:
        return text
    return given if isinstance(given, str) else text


def partition_of(text: str | None) -> dict[str, str]:
    """The partition as the address of a board's page has it: an object in JSON."""
    try:
        given: Any = json.loads(text or "{}")
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in given.items()} if isinstance(given, dict) else {}


def origin_of(scheme: str, host: str) -> str | None:
    """``https://kleos.example``; None for a host that is none."""
    return f"{scheme}://{host}" if scheme in ("http", "https") and _HOST.fullmatch(host) else None


@lru_cache(maxsize=_MOST_HEADS)
def filled(document: bytes, head: Head, origin: str | None, preloads: Preloads = _NOTHING, shape: str = "") -> File:
    """The document with this head, in which everything is escaped, and the shape that its page has."""
    tags = {"og:site_name": "Kleos", "og:type": "website", "og:title": head.title, "og:description": head.description}
    if head.picture is not None and origin is not None:
        tags["og:image"] = origin + head.picture
        tags |= {"og:image:width": str(WIDTH_PX), "og:image:height": str(HEIGHT_PX), "og:image:alt": head.title}
    lines = [f'<meta property="{name}" content="{_safe(value)}" />' for name, value in tags.items()]
    kind = "summary_large_image" if "og:image" in tags else "summary"
    lines.append(f'<meta name="twitter:card" content="{kind}" />')
    lines.append(f'<meta name="description" content="{_safe(head.description)}" />')
    lines += preloads.tags()
    with_head = document.replace(MARKER, "\n    ".join(lines).encode())
    return File.of(with_head.replace(SHAPE_MARKER, shape.encode()), "text/html", FRESH)


def _safe(text: str) -> str:
    return escape(text.encode("utf-8", "replace").decode(), quote=True)
