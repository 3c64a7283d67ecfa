"""How much anybody may ask: token buckets in memory, one for each caller, and the headers that tell of them.

A bucket is one number, the moment at which it will be full again (GCRA), so taking from one costs a dictionary lookup.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from kleos.core.errors import TooLarge
from kleos.server.auth.caller import Caller
from kleos.server.errors import Refused

_SECOND_US: Final = 1_000_000
CAPACITY: Final = 200_000
PROBES: Final = frozenset({"/health", "/ready", "/metrics"})
SUBMISSIONS: Final = ("/events", "/submit", "/achievements/unlock")
"""How the paths end by which players submit; those have a bucket of their own."""


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """How many requests a minute; 0 is as many as they like. ``submissions_per_second`` of one player's own events,
    ``topics_per_minute`` to which an address subscribes."""

    user_per_minute: int = 100
    key_per_minute: int = 60_000
    address_per_minute: int = 6_000
    sign_in_per_minute: int = 30
    submissions_per_second: int = 10
    failed_logins: int = 10
    topics_per_minute: int = 6_000


@dataclass(frozen=True)
class Policy:
    """``quota`` in every ``window_s`` seconds, all of it at once if need be. A quota of 0 is no limit."""

    name: str
    quota: int
    window_s: int

    @cached_property
    def header(self) -> tuple[bytes, bytes]:
        return b"ratelimit-policy", f'"{self.name}";q={self.quota};w={self.window_s}'.encode()


class Verdict:
    """Whether a request is admitted, and what its caller has left. ``retry_after_s`` is 0 where it is."""

    __slots__ = ("policy", "remaining", "reset_s", "retry_after_s")

    def __init__(self, policy: Policy, remaining: int, reset_s: int, retry_after_s: int) -> None:
        self.policy = policy
        self.remaining = remaining
        self.reset_s = reset_s
        self.retry_after_s = retry_after_s

    def headers(self) -> list[tuple[bytes, bytes]]:
        left = f'"{self.policy.name}";r={self.remaining};t={self.reset_s}'
        return [self.policy.header, (b"ratelimit", left.encode())]

    def refusal(self) -> Refused:
        policy = self.policy
        detail = f"more than {policy.quota} in {policy.window_s} s; come back in {self.retry_after_s} s"
        headers = {name.decode(): value.decode() for name, value in self.headers()}
        return Refused(429, "too-many", detail, {**headers, "Retry-After": str(self.retry_after_s)})


class Buckets:
    """At most ``capacity`` buckets of one policy; a full one need not be kept, and the oldest goes first."""

    def __init__(self, policy: Policy, clock: Callable[[], int], capacity: int = CAPACITY) -> None:
        self.policy = policy
        self._clock = clock
        self._capacity = capacity
        self._window_us = policy.window_s * _SECOND_US
        self._each_us = self._window_us // policy.quota if policy.quota else 0
        self._full_at: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, name: str, cost: int = 1) -> Verdict:
        now = self._clock()
        full_at = self._full_at.get(name, now)
        if full_at < now:
            full_at = now
        after = full_at + cost * self._each_us
        over_us = after - now - self._window_us
        if over_us > 0:
            return self._verdict(full_at - now, max(1, -(-over_us // _SECOND_US)))
        if len(self._full_at) >= self._capacity and name not in self._full_at:
            self._make_room(now)
        self._full_at[name] = after
        return self._verdict(after - now, 0)

    def give_back(self, name: str, cost: int = 1) -> None:
        if name in self._full_at:
            self._full_at[name] -= cost * self._each_us

    def _verdict(self, used_us: int, retry_after_s: int) -> Verdict:
        remaining = (self._window_us - used_us) // self._each_us if self._each_us else self.policy.quota
        return Verdict(self.policy, remaining, -(-used_us // _SECOND_US), retry_after_s)

    def _make_room(self, now: int) -> None:
        self._full_at = {name: full_at for name, full_at in self._full_at.items() if full_at > now}
        excess = len(self._full_at) - self._capacity * 9 // 10
        for name in list(self._full_at)[: max(0, excess)]:
            del self._full_at[name]


class Limits:
    """Every limit of a server."""

    def __init__(self, settings: LimitSettings, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._user = Buckets(Policy("user", settings.user_per_minute, 60), clock)
        self._key = Buckets(Policy("key", settings.key_per_minute, 60), clock)
        self._address = Buckets(Policy("address", settings.address_per_minute, 60), clock)
        self._sign_in = Buckets(Policy("sign-in", settings.sign_in_per_minute, 60), clock)
        self._submissions = Buckets(Policy("submissions", settings.submissions_per_second, 1), clock)
        self._topics = Buckets(Policy("topics", settings.topics_per_minute, 60), clock)
        self._failures = Buckets(Policy("failed-logins", settings.failed_logins, 15 * 60), clock)
        self._failures_from = Buckets(Policy("failed-logins", settings.failed_logins * 5, 15 * 60), clock)
        self._failures_of = Buckets(Policy("failed-logins", settings.failed_logins * 10, 15 * 60), clock)
        self._own: dict[int, Buckets] = {}

    def admit(self, caller: Caller, address: str, method: str, path: str) -> Verdict | None:
        """Takes from the bucket that a request belongs to; None where it belongs to none."""
        kind = caller.kind
        if kind == "anonymous":
            if path in PROBES:
                return None
            if path.startswith("/v1/auth/") and (method == "POST" or "/discord" in path):
                return self._take(self._sign_in, address)
            return self._take(self._address, address)
        if kind == "admin":
            return None
        if kind == "key":
            return self._take(self._key if caller.per_minute is None else self._of(caller.per_minute), caller.name)
        if is_submission(method, path):
            return self._take(self._submissions, caller.name)
        return self._take(self._user, caller.name)

    def submit(self, caller: Caller, events: int) -> None:
        """Counts the events of a player's request beyond the first. Raises TooLarge or Refused 429."""
        quota = self._submissions.policy.quota
        if not quota or events <= 1:
            return
        if events > quota:
            raise TooLarge(f"a player's token submits up to {quota} events at once, and these are {events}; split them")
        verdict = self._submissions.take(caller.name, events - 1)
        if verdict.retry_after_s:
            raise verdict.refusal()

    def subscribe(self, caller: Caller, address: str, topics: int) -> Verdict | None:
        """Takes for so many topics of the feed at once: each is a snapshot, which costs what a request costs."""
        if caller.kind == "admin" or not self._topics.policy.quota:
            return None
        return self._topics.take(address, topics)

    def try_login(self, login: str, address: str) -> None:
        """Takes for a failure before it is known to be one. Raises Refused 429 after too many.

        Counted for the login from that address most strictly, so that others cannot easily lock somebody out.
        """
        for buckets, name in self._failure_buckets(login, address):
            if buckets.policy.quota:
                verdict = buckets.take(name)
                if verdict.retry_after_s:
                    raise verdict.refusal()

    def was_no_failure(self, login: str, address: str) -> None:
        """Gives back what :meth:`try_login` took."""
        for buckets, name in self._failure_buckets(login, address):
            buckets.give_back(name)

    def _failure_buckets(self, login: str, address: str) -> tuple[tuple[Buckets, str], ...]:
        both = f"{address} {login}"
        return (self._failures, both), (self._failures_from, address), (self._failures_of, login)

    def _take(self, buckets: Buckets, name: str) -> Verdict | None:
        return buckets.take(name) if buckets.policy.quota else None

    def _of(self, per_minute: int) -> Buckets:
        """The buckets of keys with a limit of their own."""
        found = self._own.get(per_minute)
        if found is None:
            found = self._own[per_minute] = Buckets(Policy("key", per_minute, 60), self._clock)
        return found


def is_submission(method: str, path: str) -> bool:
    return method == "POST" and path.endswith(SUBMISSIONS)
