"""`kleos verify`: the log folded anew and compared with what the database holds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import asyncpg
from cyclopts import Parameter, validators
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from kleos.cli.output import AsJson, Failed, errors, print_json, say
from kleos.core.errors import KleosError
from kleos.core.windows import iso
from kleos.engine import catalog
from kleos.settings import read_settings
from kleos.sheets.differences import Difference
from kleos.sheets.verify import (
    KEPT_DIFFERENCES,
    Verdict,
    snapshot,
    verify_game,
    verify_players,
)
from kleos.store.database import place_of
from kleos.store.embedded import EmbeddedPostgres, running_dsn
from kleos.store.pool import Connection, open_connection

_TIME_SUFFIX: Final = "_at"


def verify(
    game: Annotated[str | None, Parameter(help="The game; or --all.")] = None,
    /,
    *,
    all_: Annotated[
        bool, Parameter(name="--all", negative="", show_default=False, help="Every game, and every player's profile.")
    ] = False,
    data: Annotated[Path | None, Parameter(help="Folder of the embedded database. [KLEOS_DATA, kleos-data]")] = None,
    database: Annotated[str | None, Parameter(help="A PostgreSQL instead, by URL. [KLEOS_DATABASE_URL]")] = None,
    show: Annotated[
        int, Parameter(help="How many differences to name.", validator=validators.Number(gte=1))
    ] = KEPT_DIFFERENCES,
    as_json: AsJson = False,
) -> int:
    """Fold a game's log anew, and compare every cell with the database.

    Works on one snapshot: beside a running server, whose database it finds in its data directory, or without one.
    Nothing is changed. Names the cells that differ, and exits with 1 where there are any. Rows that wait for the job
    that refolds them, after events that came late for the archive, are counted apart.

    For example:

        kleos verify golf

        kleos verify --all --data /var/lib/kleos

        kleos verify golf --database postgresql://kleos@db/kleos --json
    """
    if (game is None) != all_:
        raise Failed("kleos: name one game, or say --all")
    verdicts = asyncio.run(_verify(game, data, database, show))
    if as_json:
        print_json(verdicts[0] if game is not None else verdicts)
    else:
        for verdict in verdicts:
            _print(verdict)
    return 1 if any(verdict.different for verdict in verdicts) else 0


async def _verify(game: str | None, data: Path | None, database: str | None, keep: int) -> list[Verdict]:
    async with _database(data, database) as connection, snapshot(connection):
        with _bar() as bar:
            task = bar.add_task("reading", total=None)

            def progress(doing: str, done: int, total: int) -> None:
                bar.update(task, description=doing, completed=done, total=total or None)

            names = [game] if game is not None else await catalog.names(connection)
            verdicts = [await verify_game(connection, name, keep, progress) for name in names]
            return [*verdicts, await verify_players(connection, keep)] if game is None else verdicts


def _bar() -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), console=errors, transient=True, disable=not errors.is_terminal)


@asynccontextmanager
async def _database(data: Path | None, url: str | None) -> AsyncIterator[Connection]:
    """A connection to the database meant; the embedded one is started where no server runs it."""
    settings = read_settings()
    url = url or (settings.database_url if data is None else None)
    if url is not None:
        async with _connected(url) as connection:
            yield connection
        return
    folder = data if data is not None else settings.data
    if not (folder / "postgres").is_dir():
        raise KleosError(f"there is no database in {folder}; name its folder with --data")
    dsn = running_dsn(folder)
    if dsn is not None:
        async with _connected(dsn) as connection:
            yield connection
        return
    embedded = EmbeddedPostgres(folder)
    async with _connected(await embedded.start(), embedded) as connection:
        yield connection


@asynccontextmanager
async def _connected(dsn: str, embedded: EmbeddedPostgres | None = None) -> AsyncIterator[Connection]:
    try:
        connection = await _connect(dsn)
        try:
            yield connection
        finally:
            await connection.close()
    finally:
        if embedded is not None:
            await embedded.stop()


async def _connect(dsn: str) -> Connection:
    try:
        return await open_connection(dsn)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise Failed(f"kleos: cannot use the database at {place_of(dsn)}: {error}") from None


def _print(verdict: Verdict) -> None:
    for difference in verdict.differences:
        say(_line(difference))
    if verdict.different > len(verdict.differences):
        say(f"… and {verdict.different - len(verdict.differences):,} more")
    counts = (
        f"{verdict.events:,} events, {verdict.rows:,} rows, {verdict.cells:,} cells, {verdict.ranks:,} ranks "
        f"in {verdict.seconds:.1f} s"
    )
    what = {0: "no difference", 1: "1 difference"}.get(verdict.different, f"{verdict.different:,} differences")
    if verdict.waiting:
        what += f", {verdict.waiting:,} {'row waits' if verdict.waiting == 1 else 'rows wait'} for the refold"
    say(f"{verdict.name}: {what} ({counts})")


def _line(difference: Difference) -> str:
    key = " ".join(f"{name}={_shown(name, value)}" for name, value in difference.key.items())
    where = f"{difference.table} {key}"
    if difference.kind != "cell":
        return f"{difference.kind}: {where}"
    column = difference.column
    return (
        f"{where} {column}: stored {_shown(column, difference.stored)}, expected {_shown(column, difference.expected)}"
    )


def _shown(name: str, value: Any) -> str:
    is_time = name == "at" or name.endswith((_TIME_SUFFIX, "_since"))
    return iso(value) if is_time and isinstance(value, int) else str(value)
