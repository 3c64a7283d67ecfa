"""What kinds of jobs there are, and which of them must not run at once."""

import hashlib
from dataclasses import dataclass
from typing import Final, Literal, get_args

Kind = Literal["rebuild", "archive", "retention", "refold", "verify", "definition", "schedule"]
State = Literal["waiting", "running", "succeeded", "failed", "cancelled"]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
STATES: Final[tuple[State, ...]] = get_args(State)
ENDED: Final[frozenset[State]] = frozenset({"succeeded", "failed", "cancelled"})

STATE_OF: Final[dict[str, State]] = {
    "todo": "waiting",
    "doing": "running",
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
    "aborting": "running",
    "aborted": "cancelled",
}
"""From procrastinate's words."""

PRIORITY: Final[dict[Kind, int]] = {
    "definition": 20,
    "schedule": 15,
    "rebuild": 10,
    "refold": 10,
    "archive": 0,
    "retention": 0,
    "verify": -10,
}
"""What people wait for goes before what the night is for."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a job stands in the queue: jobs of one ``lock`` run one after another, in the order of the queue; of one
    ``only`` no more than one waits."""

    lock: str
    only: str | None


def place_of(kind: Kind, game: str | None, arguments: bytes) -> Place:
    """Jobs of a game run one after another. Definitions follow one another as they were put, so any number of them may
    wait; of all else that is asked for twice before it began, one is enough."""
    digest = hashlib.blake2b(arguments, digest_size=12).hexdigest()
    return Place(f"game:{game}" if game is not None else kind, None if kind == "definition" else f"{kind}:{digest}")
