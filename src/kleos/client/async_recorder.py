"""Recording events without waiting, for asyncio. :class:`kleos.client.Recorder` is the same for ordinary code."""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import httpx

from kleos.client.errors import RecorderClosed
from kleos.client.recording import RecorderSettings, Recording, Statistics, address, headers
from kleos.client.troubles import OnTrouble

_log: Final = logging.getLogger("kleos.client")


class AsyncRecorder:
    """Takes a game's events in microseconds, keeps them on disk, and sends them from a task until they have arrived.

    Use it as an async context manager, or :meth:`open` and :meth:`close` it; what touches the disk runs in threads.
    All else is as :class:`kleos.client.Recorder` says. :meth:`record` may be called from other threads too.
    """

    def __init__(
        self,
        url: str,
        key: str | None,
        game: str,
        spool: Path | str,
        *,
        settings: RecorderSettings | None = None,
        on_trouble: OnTrouble | None = None,
    ) -> None:
        self._url, self._headers = address(url), headers(key)
        self._game, self._spool = game, spool
        self._settings = settings or RecorderSettings()
        self._on_trouble = on_trouble
        self._opened: Recording | None = None
        self._sender: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()
        self._work = asyncio.Event()
        self._hurry = asyncio.Event()
        self._process = os.getpid()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Open the spool and begin to send. Raises SpoolInUse or SpoolError where the folder cannot be used."""
        loop = asyncio.get_running_loop()
        recording = await asyncio.to_thread(Recording, self._game, self._spool, self._settings, self._on_trouble)

        def tell() -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended before the recorder was closed
                loop.call_soon_threadsafe(self._work.set)

        recording.spool.on_append = tell
        self._opened = recording
        self._sender = asyncio.create_task(self._send(recording))

    def record(self, event: str | Mapping[str, Any], /, **fields: Any) -> str:
        """Take one event: its type and fields, or a mapping with ``type``. Gives its id; does not wait for anything.

        ``id`` and ``at`` are made here where they are not given. Raises SpoolFull where there is no room, TypeError
        or ValueError where a field is nothing that JSON can hold, RecorderClosed.
        """
        return self._recording.intake.record(event, fields)

    async def sync(self, timeout_s: float = 5.0) -> bool:
        """Wait until what was recorded so far is durable on this machine; whether it is."""
        return await asyncio.to_thread(self._recording.is_durable, timeout_s)

    async def flush(self, timeout_s: float = 30.0) -> bool:
        """Wait until the server has answered for what was recorded so far; whether it has."""
        self._hurry.set()
        return await asyncio.to_thread(self._recording.is_answered, timeout_s)

    async def close(self, timeout_s: float = 5.0) -> None:
        """Send what can be sent within ``timeout_s`` and let go; the rest stays in the spool for the next time."""
        if self._opened is None or self._sender is None or self._stop.is_set() or self._process != os.getpid():
            return
        deadline_s = time.monotonic() + timeout_s
        spool = self._opened.spool
        await asyncio.to_thread(self._opened.stop_taking)
        self._hurry.set()
        if not await asyncio.to_thread(spool.wait_until_answered, spool.stored_events, deadline_s):
            _log.warning("%d events stay in %s and are sent next time", spool.pending_events, spool.folder)
        self._stop.set()
        self._work.set()
        if not self._sender.done():  # it is where the loop that it ran in has ended
            await asyncio.wait((self._sender,), timeout=max(0.1, deadline_s - time.monotonic()))
        if not self._sender.done():
            self._sender.cancel()
            await asyncio.wait((self._sender,))
        await asyncio.to_thread(spool.close)

    def statistics(self) -> Statistics:
        """How it stands."""
        return self._recording.statistics()

    @property
    def _recording(self) -> Recording:
        if self._opened is None:
            raise RecorderClosed("the recorder is not open yet: use it in `async with`, or await its open()")
        return self._opened

    async def _send(self, recording: Recording) -> None:
        timeout_s = self._settings.timeout_s
        async with httpx.AsyncClient(base_url=self._url, headers=self._headers, timeout=timeout_s) as http:
            while not self._stop.is_set():
                self._work.clear()
                try:
                    wait_s = await self._send_next(recording, http)
                except Exception as fault:
                    wait_s = await asyncio.to_thread(recording.after_fault_s, fault)
                if wait_s is None:
                    await self._work.wait()
                    await _wait(self._hurry, recording.gather_s())
                else:
                    await _wait(self._stop, wait_s)

    async def _send_next(self, recording: Recording, http: httpx.AsyncClient) -> float | None:
        """Seconds to wait before the next posting; None when there is none."""
        delivery = recording.delivery
        posting = await asyncio.to_thread(delivery.next_posting)
        if posting is None:
            self._hurry.clear()
            return None
        try:
            response = await http.post(recording.path, content=posting.body)
        except httpx.HTTPError as failure:
            return await asyncio.to_thread(delivery.failed, str(failure) or type(failure).__name__)
        return await asyncio.to_thread(delivery.answered, response.status_code, response.headers, response.content)


async def _wait(event: asyncio.Event, timeout_s: float) -> None:
    """Until the event is set, or for so long."""
    if timeout_s > 0:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), timeout_s)
