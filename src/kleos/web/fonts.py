"""Letters for pictures: Inter as the UI has it, then what the system has, then Pillow's own."""

from functools import lru_cache
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from kleos.web.files import BUILT

Font = ImageFont.FreeTypeFont
Colour = tuple[int, int, int]

_OURS: Final = ("latin", "latin-ext", "cyrillic", "cyrillic-ext", "greek", "greek-ext", "vietnamese")
_SYSTEM: Final = Path("/usr/share/fonts")
_OF_SYSTEM: Final = (
    "NotoSans-*Bold.ttf",
    "DejaVuSans-Bold.ttf",
    "NotoSansCJK-Bold.ttc",
    "NotoSansArabic-Bold.ttf",
    "NotoSansHebrew-Bold.ttf",
    "NotoSansDevanagari-Bold.ttf",
    "NotoSansThai-Bold.ttf",
    "NotoSansSymbols2-Regular.ttf",
)
_NO_LETTER: Final = "\U0010fffe"


@lru_cache(maxsize=1)
def _files() -> tuple[Path, ...]:
    ours = [path for name in _OURS for path in sorted(BUILT.glob(f"assets/inter-{name}-wght-normal-*.woff2"))]
    system = [path for name in _OF_SYSTEM for path in sorted(_SYSTEM.rglob(name))[:1]] if _SYSTEM.is_dir() else []
    return (*ours, *system)


@lru_cache(maxsize=64)
def fonts(size_px: int) -> tuple[Font, ...]:
    found = []
    for path in _files():
        try:
            font = ImageFont.truetype(path, size_px)
            if font.getname()[0] == "Inter":
                font.set_variation_by_axes([700])
        except OSError:
            continue
        found.append(font)
    own = ImageFont.load_default(size_px)
    return (*found, own) if isinstance(own, ImageFont.FreeTypeFont) else tuple(found)


@lru_cache(maxsize=16_384)
def _has(font: Font, letter: str) -> bool:
    if letter.isspace():
        return True
    return bytes(font.getmask(letter)) != bytes(font.getmask(_NO_LETTER))


def drawable(text: str, size_px: int) -> str:
    """What of a text can be drawn here: marks of direction, colour emoji and letters of no font are left out."""
    known = [letter for letter in text if letter.isprintable() and any(_has(font, letter) for font in fonts(size_px))]
    return " ".join("".join(known).split())


def runs(text: str, size_px: int) -> list[tuple[Font, str]]:
    """The text in pieces that one font has: in one piece wherever a font has it all, which keeps joined letters."""
    known = fonts(size_px)
    for font in known:
        if all(_has(font, letter) for letter in text):
            return [(font, text)]
    pieces: list[tuple[Font, str]] = []
    for letter in text:
        font = next((each for each in known if _has(each, letter)), known[-1])
        if pieces and (pieces[-1][0] is font or letter.isspace()):
            pieces[-1] = (pieces[-1][0], pieces[-1][1] + letter)
        else:
            pieces.append((font, letter))
    return pieces


def width_px(text: str, size_px: int) -> float:
    return sum(font.getlength(piece) for font, piece in runs(text, size_px))


def write(image: Image.Image, at: tuple[float, float], text: str, size_px: int, colour: Colour) -> None:
    """Writes on a line: ``at`` is its left end, on the base line."""
    draw, (x, y) = ImageDraw.Draw(image), at
    for font, piece in runs(text, size_px):
        draw.text((x, y), piece, fill=colour, font=font, anchor="ls")
        x += font.getlength(piece)


def fitted(text: str, size_px: int, smallest_px: int, room_px: int) -> tuple[str, int]:
    """The text and its size, so that it fits: smaller first, then cut."""
    size = size_px
    while size > smallest_px and width_px(text, size) > room_px:
        size -= 4
    if width_px(text, size) <= room_px:
        return text, size
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if width_px(text[:middle].rstrip() + "…", size) <= room_px:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…", size
