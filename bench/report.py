"""What a benchmark found, and the page that keeps it: ``docs/performance.md``."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final, Literal

PAGE: Final = Path(__file__).parent.parent / "docs" / "performance.md"
BENCHMARKS: Final = ("ingest", "http", "boards", "growth", "sdk", "feed", "replay", "large", "archive", "moderation")
AUDITS: Final = ("lighthouse", "scrolling")
"""What is measured in a browser, by commands of their own."""
Met = Literal["yes", "no", "not measured"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. ``value`` and ``peer`` are measured in the same run; texts carry their units.

    ``met`` is None where the goal could not be measured here; ``note`` then says why.
    """

    what: str
    goal: str
    value: str
    peer: str = ""
    ratio: str = ""
    met: bool | None = None
    note: str = ""

    @property
    def verdict(self) -> Met:
        return "not measured" if self.met is None else "yes" if self.met else "no"


def middle(values: list[float]) -> float:
    """The median of repeated runs: one bad neighbour on a shared machine must not decide."""
    return median(values)


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least this share (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * 1_000_000) * len(ordered) // 1_000_000) - 1))]


def table(rows: list[Row]) -> str:
    """The rows as Markdown."""
    lines = ["| what | goal | measured | peer, same run | ratio | met |", "|---|---|---|---|---|---|"]
    for row in rows:
        cells = (row.what, row.goal, row.value, row.peer or "–", row.ratio or "–", row.verdict)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    notes = [f"- {row.what}: {row.note}" for row in rows if row.note]
    return "\n".join([*lines, *(["", *notes] if notes else [])])


def section(name: str, rows: list[Row], machine: str, date: str) -> str:
    """What one benchmark or audit found, as a part of ``docs/performance.md``."""
    command = f"make {name}" if name in AUDITS else f"python -m bench {name}"
    return f"## {name}\n\n`{command}` on {date}: {machine}.\n\n{table(rows)}\n"


def write(found: Mapping[str, list[Row]], machine: str) -> None:
    """Renews the sections of what was found, with today's date."""
    date = time.strftime("%Y-%m-%d", time.gmtime())
    sections = {name: section(name, rows, machine, date) for name, rows in found.items()}
    PAGE.write_text(renewed(PAGE.read_text("utf-8"), sections, (*BENCHMARKS, *AUDITS)), "utf-8")


def renewed(page: str, sections: Mapping[str, str], order: Sequence[str]) -> str:
    """The page with these sections in place of those of the same name; the others are as they were measured before."""
    kept = {part.split("\n", 1)[0]: f"## {part.strip()}\n" for part in page.split("\n## ")[1:]}
    known = {**kept, **sections}
    return "\n".join([_HEAD, *(known[name] for name in order if name in known)])


_HEAD: Final = """# Performance

Measured by `make bench`, `make lighthouse` and `make scrolling`, which renew the sections of what they ran
(`ARGS="ingest --write"`). Client, server and database share the cores. Each line has its peer measured in the same run
where there is one, because a ratio says more than a number from one machine; values are medians of repeated turns. The
last column says whether the goal was met in this run, and is not touched up. The same machine is at one time three
times as fast as at another: how long a loop of a million additions took says which.
"""
