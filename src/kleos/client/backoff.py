"""How long to wait when the server does not take events, again and again, without an end."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random
from typing import Final

LONGEST_RETRY_AFTER_S: Final = 3600.0
_DOUBLINGS: Final = 30


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits drawn between 0 and ``base_s`` · 2ⁿ⁻¹, at most ``longest_s`` (full jitter).

    What the server asks for in ``Retry-After`` is waited for in any case, and the drawn time after it.
    """

    base_s: float = 0.2
    longest_s: float = 60.0
    rng: Random = field(default_factory=Random)

    def wait_s(self, failures: int, retry_after: str | None = None) -> float:
        """Seconds to wait after so many failures in a row, 1 being the first."""
        bound_s = min(self.longest_s, self.base_s * 2.0 ** min(failures - 1, _DOUBLINGS))
        return asked_s(retry_after) + self.rng.uniform(0.0, bound_s)


def asked_s(retry_after: str | None) -> float:
    """The seconds of a ``Retry-After`` header in either form, at most an hour; 0 where it says nothing."""
    if retry_after is None:
        return 0.0
    text = retry_after.strip()
    if text.isdecimal():
        return min(LONGEST_RETRY_AFTER_S, float(text))
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return min(LONGEST_RETRY_AFTER_S, max(0.0, (until - datetime.now(UTC)).total_seconds()))
