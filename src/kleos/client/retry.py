"""When to try a request again, and how long to wait before."""

from dataclasses import dataclass
from random import Random

RETRIED_STATUSES = frozenset({429, 502, 503, 504})
"""Not now: too many requests, or a server that is away, said by itself or by the proxy before it."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how patiently a request is repeated.

    The wait before attempt n + 1 is drawn between 0 and ``base_s`` · 2ⁿ⁻¹, at most ``longest_s`` (full
    jitter, so that many clients do not come back at once). A server's ``Retry-After`` is waited for in any
    case, up to ``longest_s``.
    """

    attempts: int = 6
    base_s: float = 0.1
    longest_s: float = 5.0

    def wait_s(self, attempt: int, retry_after: str | None, rng: Random) -> float | None:
        """Seconds to wait after the failed ``attempt`` (1 is the first), None when it was the last."""
        if attempt >= self.attempts:
            return None
        jittered_s = rng.uniform(0.0, min(self.longest_s, self.base_s * 2.0 ** (attempt - 1)))
        if retry_after is not None and retry_after.isdecimal():  # the other form, a date, is not worth a clock
            return min(self.longest_s, float(retry_after)) + jittered_s
        return jittered_s
