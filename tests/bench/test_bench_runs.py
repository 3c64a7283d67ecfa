"""Every benchmark runs, in its quick form: what it finds here means nothing, that it finds something does."""

import os
import sys
from pathlib import Path
from subprocess import run

import pytest

from bench.report import BENCHMARKS, Row, percentile, renewed, section, table

REPOSITORY = Path(__file__).resolve().parent.parent.parent


@pytest.mark.slow
@pytest.mark.parametrize("name", BENCHMARKS)
def test_runs_and_leaves_nothing_behind(name: str, reachable_dir: Path) -> None:
    temporary = reachable_dir / f"bench-{name}"
    temporary.mkdir(mode=0o755)
    ended = run(
        [sys.executable, "-m", "bench", name, "--quick"],
        cwd=REPOSITORY,
        env={**os.environ, "TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert ended.returncode == 0, ended.stderr
    lines = [line for line in ended.stdout.splitlines() if line.startswith("| ")]
    assert len(lines) > 1
    assert all(line.endswith(("| yes |", "| no |", "| not measured |")) for line in lines[1:]), ended.stdout
    assert list(temporary.iterdir()) == []


def test_a_name_that_is_no_benchmark_is_refused_with_those_that_are() -> None:
    ended = run([sys.executable, "-m", "bench", "engine"], cwd=REPOSITORY, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert "there is no benchmark engine; there is ingest" in ended.stderr


@pytest.mark.parametrize(
    "values, share, expected",
    [([5.0], 0.99, 5.0), ([float(n) for n in range(1, 101)], 0.99, 99.0), ([3.0, 1.0, 2.0], 0.5, 2.0)],
)
def test_percentile_is_the_value_that_the_share_does_not_exceed(
    values: list[float], share: float, expected: float
) -> None:
    assert percentile(values, share) == expected


def test_table_says_what_was_not_measured_and_why() -> None:
    text = table([Row("a", "1", "2", met=True), Row("b", "1", "0", met=False), Row("c", "1", "–", note="no tool")])
    assert "| a | 1 | 2 | – | – | yes |" in text
    assert "| b | 1 | 0 | – | – | no |" in text
    assert "| c | 1 | – | – | – | not measured |" in text
    assert "- c: no tool" in text


def test_what_did_not_run_stays_as_it_was_measured() -> None:
    old = renewed("", {"a": section("a", [Row("x", "1", "2")], "slow", "May"), "b": "## b\n\nkept\n"}, ("a", "b", "c"))
    new = renewed(old, {"a": section("a", [Row("x", "1", "9")], "fast", "June")}, ("a", "b", "c"))
    assert "kept" in new
    assert "| x | 1 | 9 |" in new
    assert "May" not in new
    assert renewed(new, {}, ("a", "b", "c")) == new
