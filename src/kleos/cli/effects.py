"""What a correction changes, printed: how much of each, and the first rows, awards and ranks."""

from collections.abc import Sequence
from typing import Any, Final

from kleos.cli.output import print_table, say, shown_time

_SHOWN: Final = 10


def tell_effect(effect: dict[str, Any]) -> None:
    say(
        f"{effect['game']}: {effect['events']} events, {effect['rows_refolded']} rows of {effect['players']} players; "
        f"awards: {effect['awards_gained']} gained, {effect['awards_lost']} lost, "
        f"{effect['awards_redated']} dated anew; {effect['ranks_moved']} ranks moved"
    )
    rows = [
        (
            each["sheet"],
            each["window"],
            ", ".join(str(value) for value in each["key"].values()),
            name,
            *map(_cell, cells),
        )
        for each in effect["rows"]
        for name, cells in each["cells"].items()
    ]
    _table("Rows", (("Sheet", False), ("Window", False), ("Of", False), ("Column", False)), rows)
    awards = [
        (one["player"], one["achievement"], _time(one["before"]), _time(one["after"])) for one in effect["awards"]
    ]
    _table("Awards", (("Player", False), ("Achievement", False)), awards)
    ranks = [
        (one["board"], one["window"], one["player"], _cell(one["before"]), _cell(one["after"]))
        for one in effect["ranks"]
    ]
    _table("Ranks", (("Board", False), ("Window", False), ("Player", False)), ranks)
    if effect["ranks_untold"]:
        places = ", ".join(f"{each['board']} ({each['window']})" for each in effect["ranks_untold"])
        say(f"{effect['game']}: which ranks move cannot be said now on {places}")


def _table(title: str, columns: tuple[tuple[str, bool], ...], rows: Sequence[tuple[str, ...]]) -> None:
    if rows:
        more = f" (the first {_SHOWN} of those told)" if len(rows) > _SHOWN else ""
        print_table(title + more, [*columns, ("Before", True), ("After", True)], rows[:_SHOWN])


def _cell(value: Any) -> str:
    return "-" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)


def _time(value: str | None) -> str:
    return "-" if value is None else shown_time(value)
