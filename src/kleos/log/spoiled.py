"""Events whose data spoils a commit: the culprit is found and quarantined, and its neighbours count."""

import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import asyncpg
import msgspec

from kleos.log.answering import Outcome
from kleos.log.commit import Committed
from kleos.log.decode import Incoming, Rejected

SPOILED: Final = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
    ValueError,
    OverflowError,
)

logger = logging.getLogger(__name__)


async def commit_what_can_be(
    game: str,
    incoming: Sequence[Incoming],
    commit: Callable[[Sequence[Incoming]], Awaitable[Committed]],
    outcome: Outcome,
) -> None:
    """Commits, and where the data of some event spoils it, takes the batch apart until the culprit stands alone."""
    parts: deque[Sequence[Incoming]] = deque([incoming])
    while parts:
        part = parts.popleft()
        try:
            outcome.committed.append(await commit(part))
        except msgspec.ValidationError:  # an event of the log cannot be read: those that come are not to blame
            raise
        except SPOILED as error:
            if len(part) > 1:
                middle = len(part) // 2
                parts.extendleft([part[middle:], part[:middle]])
            elif part[0].reason is None:
                _tell(game, part[0], error)
                part[0].reason = reason_of(error)
                parts.appendleft(part)
            else:
                outcome.spoiled.append(Rejected(part[0].index, part[0].event.id, part[0].reason))


def _tell(game: str, culprit: Incoming, error: Exception) -> None:
    """What the database itself did not refuse may be a mistake of ours, and must not look like the game's alone."""
    if not isinstance(error, asyncpg.PostgresError):
        logger.error("event %r of %s could not be counted", culprit.event.id, game, exc_info=error)


def reason_of(error: Exception) -> str:
    """Why an event that decoded well could not be counted, in words for the game's developers."""
    if isinstance(error, (asyncpg.NumericValueOutOfRangeError, OverflowError)) or "out of" in str(error):
        return "a number in it, or what a column adds up to with it, is too large"
    if isinstance(error, asyncpg.ProgramLimitExceededError):
        return f"something in it is too long to be a key, or too deep: {error}"
    return f"the database refused it: {error}"
