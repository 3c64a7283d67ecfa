"""Pictures for shared links: a card of 1200 by 630 pixels, drawn from a few words."""

import asyncio
import io
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageDraw

from kleos.web.files import File
from kleos.web.lettering import Colour, drawable, fitted, write

WIDTH_PX: Final = 1200
HEIGHT_PX: Final = 630
KEPT_BYTES: Final = 16 * 1024 * 1024
FOR_A_MINUTE: Final = "public, max-age=60"

_MARGIN_PX: Final = 80
_ROOM_PX: Final = WIDTH_PX - 2 * _MARGIN_PX
_GROUND: Final[Colour] = (15, 15, 30)
_RAISED: Final[Colour] = (24, 24, 44)
_LINE: Final[Colour] = (44, 44, 72)
_INK: Final[Colour] = (224, 224, 255)
_QUIET: Final[Colour] = (162, 162, 200)
_UP: Final[Colour] = (0, 255, 136)
_LINK: Final[Colour] = (0, 212, 255)
_BARS: Final = ((0, 14), (11, 26), (22, 20))
_SMALLEST_PX: Final = 28
_FIGURES_AT_MOST: Final = 4


@dataclass(frozen=True, slots=True)
class Card:
    """``place`` says of what it is, ``name`` whose (``id`` where no font here can draw the name), ``headline`` the one
    thing to see; each of ``figures`` is a value and what it is."""

    place: str
    name: str
    id: str
    headline: str
    figures: tuple[tuple[str, str], ...] = ()

    @property
    def description(self) -> str:
        return " · ".join([self.headline, *(f"{title}: {value}" for value, title in self.figures)])


def draw(card: Card) -> bytes:
    """The card as a PNG."""
    image = Image.new("RGB", (WIDTH_PX, HEIGHT_PX), _GROUND)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, WIDTH_PX, 10), fill=_UP)
    _brand(image, pen)
    name = drawable(card.name) or drawable(card.id) or "A player"
    _line(image, 190, drawable(card.place), 36, _QUIET)
    _line(image, 290, name, 84, _INK)
    _line(image, 390, drawable(card.headline), 64, _UP)
    _figures(image, pen, card.figures[:_FIGURES_AT_MOST])
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=6)
    return out.getvalue()


def _brand(image: Image.Image, pen: ImageDraw.ImageDraw) -> None:
    for x, height in _BARS:
        pen.rectangle((_MARGIN_PX + x, 96 - height, _MARGIN_PX + x + 7, 96), fill=_UP)
    write(image, (_MARGIN_PX + 44, 97), "Kleos", 36, _INK)


def _line(image: Image.Image, y: int, text: str, size_px: int, colour: Colour) -> None:
    if text:
        shown, size = fitted(text, size_px, min(size_px, _SMALLEST_PX + 16), _ROOM_PX)
        write(image, (_MARGIN_PX, y), shown, size, colour)


def _figures(image: Image.Image, pen: ImageDraw.ImageDraw, figures: tuple[tuple[str, str], ...]) -> None:
    if not figures:
        return
    gap = 24
    width = (_ROOM_PX - gap * (len(figures) - 1)) // len(figures)
    for at, (value, title) in enumerate(figures):
        left = _MARGIN_PX + at * (width + gap)
        pen.rounded_rectangle((left, 440, left + width, 570), 12, fill=_RAISED, outline=_LINE)
        room = width - 48
        for text, size, y, colour in ((drawable(title), 26, 484, _QUIET), (drawable(value), 48, 545, _LINK)):
            if text:
                shown, fitting = fitted(text, size, _SMALLEST_PX if size > _SMALLEST_PX else 18, room)
                write(image, (left + 24, y), shown, fitting, colour)


class Pictures:
    """Drawn cards, at most ``capacity_bytes`` of them; a card that says something else is another card. One thread
    draws: fonts are not for two at once."""

    def __init__(self, capacity_bytes: int = KEPT_BYTES) -> None:
        self._capacity_bytes = capacity_bytes
        self._kept: OrderedDict[Card, File] = OrderedDict()
        self._size_bytes = 0
        self._painter = ThreadPoolExecutor(1, "cards")

    async def picture(self, card: Card) -> File:
        kept = self._kept.get(card)
        if kept is not None:
            self._kept.move_to_end(card)
            return kept
        content = await asyncio.get_running_loop().run_in_executor(self._painter, draw, card)
        made = File.of(content, "image/png", FOR_A_MINUTE)
        if card not in self._kept:
            self._kept[card] = made
            self._size_bytes += len(content)
        while self._size_bytes > self._capacity_bytes and len(self._kept) > 1:
            _, old = self._kept.popitem(last=False)
            self._size_bytes -= len(old.content)
        return made
