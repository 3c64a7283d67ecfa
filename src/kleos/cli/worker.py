"""`kleos worker`: runs the jobs of a database in a process of its own."""

import asyncio
import os
import signal
from typing import Final

import uvloop

from kleos.cli.output import AsJson, Failed, print_json_line, say
from kleos.cli.serve import secrets_of
from kleos.jobs.settings import worker_settings
from kleos.jobs.work import Work
from kleos.jobs.worker import Worker, stop
from kleos.server.logs import configure_logs
from kleos.settings import Settings, read_settings
from kleos.store.database import Database, place_of

STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
NICENESS: Final = 10
"""Beside a server on the same machine, the server comes first."""


def worker(*, as_json: AsJson = False) -> None:
    """Run jobs beside a server, until Ctrl-C or SIGTERM: rebuilds, verifying, changes of definitions.

    For servers with a database of their own (`KLEOS_DATABASE_URL`, the same as the server's). There may be several.
    With the embedded database jobs run inside the server. A job that is under way when the worker stops, or is killed,
    is taken up by the next one.

    For example:

        KLEOS_DATABASE_URL=postgresql://kleos@db/kleos kleos worker
    """
    settings = read_settings()
    if settings.database_url is None:
        raise Failed("kleos: set KLEOS_DATABASE_URL; with the embedded database jobs run inside the server")
    configure_logs(settings.log_format, settings.log_level, secrets_of(settings))
    os.nice(NICENESS)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_work(settings, settings.database_url, as_json))


async def _work(settings: Settings, url: str, as_json: bool) -> None:
    opened = Database.open(
        url=url,
        pool_size=2,
        wait_s=settings.database_wait_s,
        timeout_s=settings.database_timeout_s,
        slow_statement_s=settings.slow_statement_ms / 1_000,
    )
    async with opened as database:
        work = Work(database.dsn, timeout_s=database.timeout_s)
        working = asyncio.create_task(Worker(work, worker_settings(settings)).work(), name="worker")
        loop = asyncio.get_running_loop()
        told_to_stop = asyncio.Event()
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, told_to_stop.set)
        if as_json:
            print_json_line({"data": place_of(url)})
        else:
            say(f"Kleos works for {place_of(url)}")
        waiting = asyncio.create_task(told_to_stop.wait())
        await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        await stop(working)
    say("Stopped.", as_json)
