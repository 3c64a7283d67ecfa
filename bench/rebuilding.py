"""Rebuilds one game as a worker would: ``python -m bench.rebuilding DSN GAME``."""

import asyncio
import os
import sys
from contextlib import suppress

from kleos.cli.worker import NICENESS
from kleos.engine.catalog import rebuild_game
from kleos.store.pool import open_connection


async def main(dsn: str, game: str) -> None:
    connection = await open_connection(dsn)
    await rebuild_game(connection, game)
    await connection.close()


if __name__ == "__main__":
    os.nice(NICENESS)
    with suppress(KeyboardInterrupt):
        asyncio.run(main(sys.argv[1], sys.argv[2]))
