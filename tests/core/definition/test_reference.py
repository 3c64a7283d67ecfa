"""The reference says what the loader knows: every key, in the section of its table, with its meaning."""

import re
from pathlib import Path

import pytest

from kleos.core.definition.keys import TABLES, TableForm
from kleos.core.definition.load import load

REPOSITORY = Path(__file__).resolve().parents[3]
REFERENCE = (REPOSITORY / "docs" / "reference" / "definition.md").read_text(encoding="utf-8")
GUIDE = (REPOSITORY / "docs" / "guide" / "definition.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(\w+)` \|.*\| (.+) \|$", re.MULTILINE)


def section(form: TableForm) -> str:
    """What the reference says under a table's heading."""
    heading = rf"`\[+{re.escape(form.heading)}\]+`" if form.heading else "The head of the file"
    (found,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", REFERENCE, re.MULTILINE | re.DOTALL)
    return str(found)


@pytest.mark.parametrize("form", TABLES.values(), ids=TABLES)
def test_every_key_is_documented(form: TableForm) -> None:
    rows = dict(ROW.findall(section(form)))
    assert {key.name: rows.get(key.name) for key in form.keys} == {key.name: key.meaning for key in form.keys}


@pytest.mark.parametrize("form", TABLES.values(), ids=TABLES)
def test_every_table_is_explained(form: TableForm) -> None:
    assert form.meaning in section(form)


def test_the_guide_builds_a_definition_that_loads() -> None:
    text = "\n".join(re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL))
    assert load(text, "darts").boards.keys() == {"average", "points"}
