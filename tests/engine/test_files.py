"""The files of a folder of definitions, as a server finds them at its start."""

from pathlib import Path

import pytest

from kleos.core.errors import DefinitionError
from kleos.engine.catalog import load_files


def test_files_that_are_no_text_are_problems_like_others(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes('title = "é"'.encode("latin-1"))
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "wrong.toml").write_text("titel = 'One'")
    with pytest.raises(DefinitionError) as caught:
        load_files(tmp_path)
    said = "\n".join(str(problem) for problem in caught.value.problems)
    assert all(word in said for word in ("latin.toml: is not UTF-8", "folder.toml: cannot be read", "titel"))


def test_a_mark_at_the_beginning_of_a_file_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "marked.toml").write_bytes(b'\xef\xbb\xbftitle = "Marked"')
    assert "marked" in [definition.game for definition in load_files(tmp_path)]
