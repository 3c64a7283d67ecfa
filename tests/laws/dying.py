"""Long work in a process of its own, which kills itself before the nth thing that it asks of the database or of the
archive.

Run as ``python -m tests.laws.dying DSN ARCHIVE WORK N FILE``; N of 0 lets it live. Prints how many steps there were.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import asyncpg

from kleos.core.definition.load import load
from kleos.engine import catalog
from kleos.engine.catalog import Origin
from kleos.engine.engine import system_clock
from kleos.log.archive.location import Location
from kleos.log.archive.retention import remove_old
from kleos.log.archive.seal import seal
from kleos.store.pool import open_connection

GAME = "kinds"
FILE_STEPS = ("clear", "put", "write", "_arrive", "check")
ASKS = ("execute", "executemany", "fetch", "fetchval", "fetchrow", "copy_to_table", "copy_records_to_table")


class Dying:
    def __init__(self, dies_at: int) -> None:
        self.dies_at = dies_at
        self.asked = 0

    def step(self) -> None:
        self.asked += 1
        if self.asked == self.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def wrap(self, ask: Any) -> Any:
        async def asked(*arguments: Any, **options: Any) -> Any:
            self.step()
            return await ask(*arguments, **options)

        return asked

    def wrap_blocking(self, do: Any) -> Any:
        def done(*arguments: Any, **options: Any) -> Any:
            self.step()
            return do(*arguments, **options)

        return done


async def main(dsn: str, place: str, work: str, dies_at: int, file: Path) -> None:
    dying = Dying(dies_at)
    for name in ASKS:
        setattr(asyncpg.Connection, name, dying.wrap(getattr(asyncpg.Connection, name)))
    for name in FILE_STEPS:
        setattr(Location, name, dying.wrap_blocking(getattr(Location, name)))
    connection = await open_connection(dsn)
    dying.asked = 0
    if work == "archive":
        game = await catalog.read_game(connection, GAME)
        assert game is not None
        location, now = Location.at(place), system_clock()
        await seal(connection, location, game, catalog.lock_of(GAME), now, span_events=30)
        await remove_old(connection, location, GAME, now + 1, now)
    elif work == "rebuild":
        await catalog.rebuild_game(connection, GAME)
    else:
        before = await catalog.read_game(connection, GAME)
        definition = load(file.read_text(), GAME)
        await catalog.put_in_force(connection, before, definition, Origin(system_clock()))
    print(dying.asked)
    await connection.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), Path(sys.argv[5])))
