"""Sending batches of events, two at a time, and taking their receipts in order."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import httpx
import msgspec

from kleos.cli.lines import Batch
from kleos.cli.remote import path
from kleos.client.calls import Call
from kleos.client.exchange import Exchange
from kleos.client.retry import RetryPolicy
from kleos.server.app import open_engine
from kleos.settings import Settings

IN_FLIGHT: Final = 2
TIMEOUT_S: Final = 120.0
PATIENCE: Final = RetryPolicy(attempts=12)
NDJSON: Final = "application/x-ndjson"


class Refusal(msgspec.Struct, frozen=True):
    """Why an event is not counted; ``index`` is its place in the batch."""

    index: int
    error: str
    id: str | None = None


class Receipt(msgspec.Struct, frozen=True):
    """What a server, or an engine, says to a batch."""

    accepted: int
    duplicates: int
    quarantined: int
    rejected: list[Refusal]
    quarantine: list[Refusal] = msgspec.field(default_factory=list)


Send = Callable[[bytes], Awaitable[Receipt]]


@dataclass(frozen=True, slots=True)
class Destination:
    """``database`` is the id of the one to which ``send`` leads."""

    send: Send
    database: str


@asynccontextmanager
async def to_server(url: str, key: str | None, game: str, database: str) -> AsyncIterator[Destination]:
    """Sends over HTTP. What finds the server away is sent again: every event has an id. The server has told its
    ``database``."""
    exchange = Exchange(key or None, PATIENCE, Random())
    call: Call[Receipt] = Call("POST", path("games", game, "events"), Receipt)
    headers = {**exchange.headers, "Content-Type": NDJSON}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=TIMEOUT_S) as http:

        async def send(body: bytes) -> Receipt:
            attempt = 1
            while True:
                try:
                    response = await http.post(call.path, content=body)
                except httpx.TransportError as failure:
                    wait_s = exchange.wait_after_failure_s(attempt, call, failure)
                else:
                    retry_s = exchange.wait_after_response_s(attempt, call, response)
                    if retry_s is None:
                        return exchange.read(call, response)
                    wait_s = retry_s
                await asyncio.sleep(wait_s)
                attempt += 1

        yield Destination(send, database)


@asynccontextmanager
async def to_engine(settings: Settings, game: str) -> AsyncIterator[Destination]:
    """Gives the events to an engine of our own, without a server."""
    async with open_engine(settings) as engine:
        engine.game(game)

        async def send(body: bytes) -> Receipt:
            answer: Any = await engine.ingest_body(game, body, NDJSON)
            return msgspec.convert(answer, Receipt, from_attributes=True)

        yield Destination(send, engine.database_id)


async def deliver(send: Send, batches: Iterator[Batch]) -> AsyncIterator[tuple[Batch, Receipt]]:
    """Each batch with its receipt, in order; the next ones are on their way meanwhile."""
    under_way: deque[tuple[Batch, asyncio.Task[Receipt]]] = deque()
    try:
        for batch in batches:
            under_way.append((batch, asyncio.create_task(_sent(send, batch))))
            await asyncio.sleep(0)
            while len(under_way) >= IN_FLIGHT:
                first, task = under_way[0]
                receipt = await task
                under_way.popleft()
                yield first, receipt
        while under_way:
            first, task = under_way[0]
            receipt = await task
            under_way.popleft()
            yield first, receipt
    finally:
        for _, task in under_way:
            task.cancel()
        await asyncio.gather(*(task for _, task in under_way), return_exceptions=True)


async def _sent(send: Send, batch: Batch) -> Receipt:
    return await send(batch.body) if batch.lines else Receipt(0, 0, 0, [])
