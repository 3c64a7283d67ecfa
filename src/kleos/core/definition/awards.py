"""What every game has without declaring it: awards as an event type, a sheet and a board."""

from collections.abc import Iterable

from kleos.core.definition.model import (
    AWARD_GRANTED,
    WINDOW_KINDS,
    Board,
    EventType,
    Fold,
    KeyColumn,
    Presentation,
    Sheet,
    SortColumn,
)
from kleos.core.definition.names import BUILT_IN_ATTRIBUTE, BUILT_IN_BOARD, BUILT_IN_SHEET
from kleos.core.definition.sheets import folded_columns
from kleos.core.expression import parse_condition
from kleos.core.types import Field, Scalar

_PLAYER = Scalar("player")


def award_granted() -> EventType:
    """The event by which a game grants a manual achievement."""
    fields = {"player": Field("player", _PLAYER), "achievement": Field("achievement", Scalar("str"))}
    return EventType(AWARD_GRANTED, fields, Presentation(title="Award granted"))


def awards_sheet(sheets: Iterable[Sheet]) -> Sheet:
    """One row per player, fed from the awards and by no rule, in every window that the game's sheets have."""
    used = {"all", *(kind for sheet in sheets for kind in sheet.windows)}
    folds = {
        "points": Fold("points", "sum", Scalar("int"), since=True, never_falls=True),
        "unlocked": Fold("unlocked", "count", Scalar("int"), never_falls=True),
    }
    return Sheet(
        BUILT_IN_SHEET,
        (KeyColumn("player", _PLAYER),),
        tuple(kind for kind in WINDOW_KINDS if kind in used),
        (),
        folds,
        folded_columns(folds),
        Presentation(title="Awards", text="Achievements and the points they gave"),
    )


def points_board() -> Board:
    where = parse_condition("unlocked > 0", {"unlocked": Scalar("int")})
    return Board(
        BUILT_IN_BOARD,
        BUILT_IN_SHEET,
        (SortColumn("points", "desc"),),
        where,
        ((), (BUILT_IN_ATTRIBUTE,)),
        "competition",
        Presentation(title="Achievement points", text="Points of all achievements", unit="points"),
    )
