"""The SDK's guide: its examples run as they stand, against a real server."""

import re
from pathlib import Path

import pytest

from tests.client.kleos_server import KEY, KleosServer

GUIDE = Path(__file__).resolve().parent.parent.parent / "docs" / "guide" / "sdk.md"


def test_the_examples_run(kleos_server: KleosServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    examples = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(examples) == 5
    for example in examples:
        here = (
            example.replace("http://127.0.0.1:8000", kleos_server.url)
            .replace("kleos_…", KEY)
            .replace("/var/lib/my-game/spool", str(tmp_path))
        )
        exec(compile(here, str(GUIDE), "exec"), {"__name__": "guide"})
    printed = capsys.readouterr().out
    assert "1 ada 950" in printed
    assert "does not count:" in printed
    assert "0 0 1 None" in printed
    assert re.search(r"bo would go from rank \d+ to None", printed)
    assert "['ban']" in printed
    assert (kleos_server.runs_of("ada"), kleos_server.runs_of("bo")) == (3, 1)
