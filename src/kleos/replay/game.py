"""A whole game from its log: every sheet, every award, and the sheet folded from the awards."""

from collections.abc import Collection

from kleos.core.definition.names import BUILT_IN_SHEET
from kleos.core.plan import Plan
from kleos.core.windows import Calendar
from kleos.replay.awards import decide_awards, fold_awards
from kleos.replay.fold import fold_sheet
from kleos.replay.session import Duck
from kleos.replay.spans import create_spans
from kleos.telemetry.progress import Progress


def fold_game(
    duck: Duck,
    plan: Plan,
    calendar: Calendar,
    progress: Progress,
    *,
    sheets: Collection[str] | None = None,
    until: int | None = None,
) -> None:
    """Makes ``folded."<sheet>"`` of every sheet, or of these; with the built-in sheet also ``replay.awards``.

    The views are there (:func:`kleos.replay.session.create_views`). Blocks. ``until`` leaves out events from then on.
    """
    definition = plan.definition
    asked = [sheet for sheet in definition.sheets.values() if sheets is None or sheet.name in sheets]
    with_awards = any(sheet.name == BUILT_IN_SHEET for sheet in asked)
    needed = {name for name, awards in plan.row_awards.items() if awards} if with_awards else set()
    wanted = [s for s in definition.sheets.values() if (s in asked or s.name in needed) and s.name != BUILT_IN_SHEET]
    steps = len(wanted) + with_awards
    create_spans(duck, definition, calendar)
    for done, sheet in enumerate(wanted):
        progress(f"folding the sheet {sheet.name}", done, steps)
        fold_sheet(duck, definition, sheet, until)
    if with_awards:
        progress("deciding awards", len(wanted), steps)
        decide_awards(duck, plan, until)
        fold_awards(duck, definition)
    progress("folding the log", steps, steps)
