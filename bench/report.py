"""What a benchmark found, and the page that keeps it: ``docs/performance.md``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final, Literal

PAGE: Final = Path(__file__).parent.parent / "docs" / "performance.md"
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


def page(rows: list[Row], machine: str, date: str) -> str:
    """The whole of ``docs/performance.md``."""
    return f"""# Performance

Measured by `make bench` on {date}: {machine}.

Client, server and database share the cores. Each line has its peer measured in the same run where there is one, because
a ratio says more than a number from one machine; values are medians of repeated turns. The last column says whether the
goal was met in this run, and is not touched up.

{table(rows)}
"""
