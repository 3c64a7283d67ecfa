"""Writing of any script on a picture: split into runs of one font, measured, made to fit, drawn."""

import re
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw

from kleos.web.fonts import Font, candidates, has, opened

Colour = tuple[int, int, int]

MOST_MARKS: Final = 2
"""Above and below one letter: more would climb into the lines around."""
_JOINED: Final = re.compile(
    r"""
    [\U0001F1E6-\U0001F1FF]{2}                                 # two letters that make a flag
    | .[\ufe0e\ufe0f\u20e3\U0001F3FB-\U0001F3FF\U000E0020-\U000E007F]*
      (?:\u200d[^\s\u200d][\ufe0e\ufe0f\U0001F3FB-\U0001F3FF]*)*  # and what is joined to it
    """,
    re.VERBOSE | re.DOTALL,
)
_PICTURES_FROM: Final = "\U0001f000"
_AS_A_PICTURE: Final = "\ufe0f"
_JOINERS: Final = "\u200c\u200d"
_SPACE: Final = " "
_MARKS: Final = frozenset({"Mn", "Me", "Mc"})


def clusters(text: str) -> list[str]:
    """The text in what are single signs to the reader: a letter with its marks, a picture of several parts."""
    signs: list[str] = []
    for part in _JOINED.findall(text):
        if signs and unicodedata.category(part[0]) in _MARKS and not signs[-1].isspace():
            signs[-1] += part
        else:
            signs.append(part)
    return signs


@lru_cache(maxsize=16_384)
def _font_of(cluster: str) -> tuple[Path | None] | None:
    """The path of the first font that has it, in a tuple since Pillow's own has none; None where no font has it."""
    colour = cluster[0] >= _PICTURES_FROM or _AS_A_PICTURE in cluster
    return next(((path,) for path in candidates(cluster[0], colour) if has(path, cluster)), None)


def drawable(text: str) -> str:
    """What of a text can be drawn here, on one line: marks of direction and letters of no font are left out."""
    kept: list[str] = []
    for cluster in clusters(text):
        if cluster.isspace():
            kept.append(_SPACE)
        elif cluster in _JOINERS:
            if kept:
                kept.append(cluster)
        elif cluster[0].isprintable():
            kept += _known(_with_few_marks(cluster))
    return _SPACE.join("".join(kept).split()).strip(_JOINERS)


def _with_few_marks(cluster: str) -> str:
    marks = [at for at, letter in enumerate(cluster) if unicodedata.combining(letter)]
    return cluster if len(marks) <= MOST_MARKS else cluster[: marks[MOST_MARKS]]


def _known(cluster: str) -> list[str]:
    """The sign as it is, else those of its parts that a font has; marks do not stand alone."""
    if _font_of(cluster):
        return [cluster]
    parts = [letter for letter in cluster if letter.isprintable() and unicodedata.category(letter) not in _MARKS]
    return [letter for letter in parts if _font_of(letter)]


def runs(text: str, size_px: int) -> list[tuple[Font, str]]:
    """A drawable text in pieces that one font has, so that letters join."""
    pieces: list[tuple[Font, str]] = []
    for cluster in clusters(text):
        last = pieces[-1] if pieces else None
        if last and not last[0].is_colour and (cluster.isspace() or cluster in _JOINERS):
            pieces[-1] = (last[0], last[1] + cluster)
            continue
        found = _font_of(cluster)
        font = opened(found[0], size_px) if found else None
        if last and font is last[0]:
            pieces[-1] = (font, last[1] + cluster)
        elif font is not None:
            pieces.append((font, cluster))
    return pieces


def width_px(text: str, size_px: int) -> float:
    return sum(font.length_px(piece) for font, piece in runs(text, size_px))


def write(image: Image.Image, at: tuple[float, float], text: str, size_px: int, colour: Colour) -> None:
    """Writes on a line: ``at`` is its left end, on the base line."""
    draw, (x, y) = ImageDraw.Draw(image), at
    for font, piece in runs(text, size_px):
        if font.is_colour:
            _paste(image, (x, y), font, piece)
        else:
            draw.text((x, y), piece, fill=colour, font=font.face, anchor="ls")
        x += font.length_px(piece)


def _paste(image: Image.Image, at: tuple[float, float], font: Font, text: str) -> None:
    """Bitmaps come in one size: they are drawn so, and made smaller."""
    left, top, right, bottom = font.face.getbbox(text, mode="RGBA", anchor="ls")
    width, height = int(right - left), int(bottom - top)
    if width < 1 or height < 1:
        return
    drawn = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    ImageDraw.Draw(drawn).text((-left, -top), text, font=font.face, embedded_color=True, anchor="ls")
    size = max(1, round(width * font.scale)), max(1, round(height * font.scale))
    small = drawn.resize(size, Image.Resampling.LANCZOS)
    image.paste(small, (round(at[0] + left * font.scale), round(at[1] + top * font.scale)), small)


def fitted(text: str, size_px: int, smallest_px: int, room_px: int) -> tuple[str, int]:
    """The text and its size, so that it fits: smaller first, then cut, never inside of what is one sign."""
    size = size_px
    while size > smallest_px and width_px(text, size) > room_px:
        size -= 4
    if width_px(text, size) <= room_px:
        return text, size
    signs = clusters(text)
    low, high = 0, len(signs)
    while low < high:
        middle = (low + high + 1) // 2
        if width_px(_cut(signs, middle), size) <= room_px:
            low = middle
        else:
            high = middle - 1
    return _cut(signs, low), size


def _cut(signs: list[str], count: int) -> str:
    return "".join(signs[:count]).rstrip() + "…"
