"""How two folded spans of one row become one: associative, so that batches, nodes and replays may be grouped at
will.

``count sum min max`` do not care which span came first. ``last`` and ``streak`` do: every event of
``earlier`` that feeds them must stand before every such event of ``later`` in event order.
:mod:`kleos.sheets.merge` says the same in SQL.
"""

from typing import Any

from kleos.core.cells import FIRST_AT, LAST_AT, Cells, Row


def merge(cells: Cells, earlier: Row, later: Row) -> Row:
    """The row of both spans together; neither argument is changed."""
    merged = list(earlier)
    if cells.sheet.is_ordered and later[FIRST_AT] is not None:
        start = FIRST_AT if earlier[FIRST_AT] is None else LAST_AT
        merged[start : LAST_AT + 2] = later[start : LAST_AT + 2]
    for fold in cells.sheet.folds.values():
        at = cells.at[fold.name]
        match fold.kind:
            case "count" | "sum":
                merged[at] = earlier[at] + later[at]
                merged[at + 1] = _latest(earlier[at + 1], later[at + 1])
            case "min" | "max":
                merged[at : at + 2] = _extreme(fold.kind, earlier[at : at + 2], later[at : at + 2])
            case "last":
                if later[at + 1] is not None:
                    merged[at : at + 2] = later[at : at + 2]
            case "streak":
                merged[at : at + 7] = _streak(earlier[at : at + 7], later[at : at + 7])
    return merged


def _latest(one: int | None, other: int | None) -> int | None:
    return max((at for at in (one, other) if at is not None), default=None)


def _extreme(kind: str, one: list[Any], other: list[Any]) -> list[Any]:
    if one[0] is None or other[0] is None:
        return other if one[0] is None else one
    if one[0] == other[0]:
        sinces = [since for since in (one[1], other[1]) if since is not None]
        return [one[0], min(sinces, default=None)]
    return min(one, other, key=_value) if kind == "min" else max(one, other, key=_value)


def _value(cell: list[Any]) -> Any:
    return cell[0]


def _streak(earlier: list[Any], later: list[Any]) -> list[Any]:
    if not earlier[0] or not later[0]:
        return later if not earlier[0] else earlier
    length, prefix, suffix, best, prefix_at, since, best_since = earlier
    length2, prefix2, suffix2, best2, prefix_at2, since2, best_since2 = later
    joined = suffix + prefix2
    if joined > best and joined >= best2:
        merged_best, merged_best_since = joined, (prefix_at2 if prefix2 else best_since)
    elif best2 > best:
        merged_best, merged_best_since = best2, best_since2
    else:
        merged_best, merged_best_since = best, best_since
    whole = prefix == length
    return [
        length + length2,
        length + prefix2 if whole else prefix,
        suffix + length2 if prefix2 == length2 else suffix2,
        merged_best,
        prefix_at2 if whole and prefix2 else prefix_at,
        since if not suffix and not best2 else since2,
        merged_best_since,
    ]
