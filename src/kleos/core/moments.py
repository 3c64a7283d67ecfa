"""A moment of the past as people write it."""

from datetime import datetime

from kleos.core.errors import BadInput
from kleos.core.windows import EARLIEST_AT, Calendar, from_datetime, iso


def past_moment(text: str, calendar: Calendar, now: int, where: str = "as_of") -> int:
    """A time with its zone (``2026-03-01T12:00:00Z``), or a day (``2026-03-01``), which means its last moment in the
    game's time zone, or now if it has not ended. Raises BadInput for anything else and for the future."""
    mend = "write a time such as 2026-03-01T12:00:00Z, or a day such as 2026-03-01"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{text!r} is no moment; {mend}", where) from None
    if len(text) == len("2026-03-01"):
        day = calendar.named(text, now)
        at = now if day.start is not None and day.start <= now and day.holds(now) else (day.end or now) - 1
    elif moment.tzinfo is None:
        raise BadInput(f"{text!r} does not say in which time zone; {mend}", where)
    else:
        at = from_datetime(moment)
    if at > now:
        raise BadInput(f"{text!r} lies in the future: it is {iso(now)}", where)
    if at < EARLIEST_AT:
        raise BadInput(f"{text!r} is before all time; {mend}", where)
    return at
