"""Work of ours while the database is at work: a statement of many rows leaves this process idle for that long."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

T = TypeVar("T")

SENT_S: Final = 0.003
"""Time enough for a statement of many rows to reach the database whole; only then may the loop be kept from it."""


async def while_running(statement: Awaitable[T], work: Callable[[], None]) -> T:
    """What the statement answers; ``work``, which must not wait for anything, is done by then."""
    running = asyncio.ensure_future(statement)
    await asyncio.wait((running,), timeout=SENT_S)
    try:
        work()
    finally:
        answer = await running
    return answer
