"""Names of every script on pictures: with the fonts that there are, nothing is a box and nothing leaves its room."""

import io
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from kleos.web.cards import HEIGHT_PX, WIDTH_PX, Card, draw
from kleos.web.fonts import fonts_in, opened, system_fonts
from kleos.web.lettering import clusters, drawable, fitted, runs, width_px

FAMILY: Final = "👩‍👩‍👧‍👦"
WIZARD: Final = "🧙🏽‍♀️"
FLAG: Final = "🇩🇪"
MARGIN_PX: Final = 80

SCRIPTS: Final = [
    ("سارة العبّاسي", "NotoSansArabic"),
    ("אברהם", "NotoSansHebrew"),
    ("नमस्ते दुनिया", "NotoSansDevanagari"),
    ("ไทยแลนด์", "NotoSansThai"),
    ("李小龍 カタカナ 한국어", "NotoSansCJK"),
    (f"{FAMILY}{WIZARD}{FLAG}❤️", "NotoColorEmoji"),
]


def needs(family: str) -> None:
    if not any(name.startswith(family) for name in system_fonts()):
        pytest.skip(f"needs the font {family}")


@pytest.mark.parametrize("name, family", SCRIPTS)
def test_a_script_is_drawn_whole_by_the_font_that_the_system_has_for_it(name: str, family: str) -> None:
    needs(family)
    assert drawable(name) == name
    assert {font.path.stem.split("-")[0] for font, _ in runs(name, 84) if font.path} == {family}
    assert "".join(piece for _, piece in runs(name, 84)) == name


@pytest.mark.parametrize(
    "name", [*(name for name, _ in SCRIPTS), "W" * 128, "漢" * 128, FAMILY * 40, "A" + "\u0301" * 99]
)
def test_a_name_stays_within_its_margins(name: str) -> None:
    card = Card("Golf · Wins", name, "the-id", "1st of 3", (("120", "Wins"),))
    with Image.open(io.BytesIO(draw(card))) as drawn:
        image = drawn.convert("RGB")
    ground = Image.new("RGB", image.size, image.getpixel((MARGIN_PX // 2, HEIGHT_PX // 2)))
    for left, right in ((0, MARGIN_PX - 8), (WIDTH_PX - MARGIN_PX + 8, WIDTH_PX)):
        box = (left, 20, right, HEIGHT_PX)
        assert ImageChops.difference(image.crop(box), ground.crop(box)).getbbox() is None


def test_what_no_font_has_is_left_out_and_marks_do_not_pile_up() -> None:
    assert drawable("\u202eAda\u0000 \U0010fffe Birdie\u200d") == "Ada Birdie"
    assert drawable("Z" + "\u0301" * 40 + "algo") == "Z\u0301\u0301algo"
    assert drawable("\u202e\u200d\u2066") == ""


def test_signs_of_several_letters_are_one() -> None:
    assert clusters(f"a\u0301{FAMILY}{FLAG}{FLAG}1️⃣नि") == ["a\u0301", FAMILY, FLAG, FLAG, "1️⃣", "नि"]


def test_a_cut_is_never_inside_of_a_sign() -> None:
    needs("NotoColorEmoji")
    shown, size = fitted(drawable(FAMILY * 60), 84, 44, 1040)
    assert size == 44
    assert set(clusters(shown.removesuffix("…"))) == {FAMILY}
    assert width_px(shown, size) <= 1040


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
def test_any_text_fits(text: str) -> None:
    shown = drawable(text)
    assert drawable(shown) == shown
    assert "".join(piece for _, piece in runs(shown, 44)) == shown
    fitting, size = fitted(shown, 84, 44, 400)
    assert width_px(fitting, size) <= 400


def test_fonts_are_found_by_file_wherever_they_lie(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for name in ("NotoSansUnheardOf-Regular.ttf", "deep/er/NotoSansCJK-Bold.ttc", "deep/notes.txt"):
        (tmp_path / name).write_bytes(b"no font")
    assert set(fonts_in((tmp_path, tmp_path / "missing"))) == {"NotoSansUnheardOf-Regular", "NotoSansCJK-Bold"}
    assert opened(tmp_path / "NotoSansUnheardOf-Regular.ttf", 20) is None
