"""`kleos import`: events from files, as many as there are, counted once however often they come."""

import asyncio
import dataclasses
import os
import time
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from cyclopts import Parameter, validators
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from kleos.cli.bookmark import Bookmarks
from kleos.cli.delivery import Destination, Receipt, Send, deliver, to_engine, to_server
from kleos.cli.lines import MAX_LINE_BYTES, STDIN, Batch, Lines, Place, opened
from kleos.cli.output import AsJson, Failed, errors, print_json, say
from kleos.cli.remote import USUAL_URL, Key, Remote, Url, get
from kleos.settings import read_settings

BATCH_EVENTS: Final = 1_000
MOST_BATCH_EVENTS: Final = 10_000
PROBLEMS_SHOWN: Final = 100


class LineProblem(msgspec.Struct, frozen=True):
    """A line that does not count, and why. ``kind`` is "rejected" or "quarantined"."""

    file: str
    line: int
    kind: str
    id: str | None
    error: str


class FileSummary(msgspec.Struct):
    """``from_line`` is the first line read: beyond 1 where an earlier import had been stopped."""

    file: str
    from_line: int = 1
    accepted: int = 0
    duplicates: int = 0
    quarantined: int = 0
    rejected: int = 0


class Summary(msgspec.Struct):
    game: str
    into: str
    files: list[FileSummary] = msgspec.field(default_factory=list)
    problems: list[LineProblem] = msgspec.field(default_factory=list)
    problems_left_off: int = 0
    seconds: float = 0.0

    def total(self, name: str) -> int:
        return sum(getattr(each, name) for each in self.files)


def import_(
    game: str,
    files: Annotated[list[str], Parameter(name="FILE", negative=(), allow_leading_hyphen=True)],
    /,
    *,
    url: Url = USUAL_URL,
    key: Key = None,
    data: Annotated[Path | None, Parameter(help="Folder of an embedded database that no server runs on.")] = None,
    batch: Annotated[
        int, Parameter(help="Events in one request.", validator=validators.Number(gte=1, lte=MOST_BATCH_EVENTS))
    ] = BATCH_EVENTS,
    state: Annotated[Path | None, Parameter(help="Folder for the bookmarks; else beside each file.")] = None,
    from_start: Annotated[
        bool, Parameter(negative="", show_default=False, help="Pay no heed to where an earlier import stopped.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Import events from NDJSON: one event a line; also .gz and .zst, and - for stdin.

    Goes to a server, or with --data into a database that no server runs on. Every event is counted once: those without
    an id get one made from everything up to their line, so the same content may be imported again, and goes on where an
    import was stopped. Lines that are refused or quarantined are named and do not stop the others; exits with 1 where
    any was refused.

    For example:

        kleos import golf seasons/2025.ndjson.gz --key "$KLEOS_KEY"

        kleos import chess games-*.ndjson --data ./kleos-data

        curl -s https://example.org/events.ndjson | kleos import golf -
    """
    if not files:
        raise Failed("kleos: name a FILE to import")
    if state is not None and not state.is_dir():
        raise Failed(f"kleos: --state {state} is no folder")
    for name in files:
        _refuse_unreadable(name)
    summary = Summary(game, str(data.absolute()) if data is not None else url)
    importing = _Importing(summary, Bookmarks(game, summary.into, state), batch, from_start)
    try:
        asyncio.run(importing.run(files, url, key, data))
    finally:
        summary.seconds = round(time.monotonic() - importing.began_s, 3)
        if as_json:
            print_json(summary)
        elif summary.files:
            _print(summary)
    return 1 if summary.total("rejected") else 0


def _refuse_unreadable(name: str) -> None:
    if name.startswith("--"):
        raise Failed(f"kleos: there is no option {name}; see kleos import --help")
    if name != STDIN and not os.access(name, os.R_OK):
        reason = "cannot be read" if os.path.exists(name) else "there is no such file"
        raise Failed(f"kleos: {name}: {reason}")
    if os.path.isdir(name):
        raise Failed(f"kleos: {name} is a folder")


class _Importing:
    """One run over some files."""

    def __init__(self, summary: Summary, bookmarks: Bookmarks, batch_events: int, from_start: bool) -> None:
        self.summary = summary
        self.began_s = time.monotonic()
        self._bookmarks = bookmarks
        self._batch_events = batch_events
        self._from_start = from_start

    async def run(self, files: list[str], url: str, key: str | None, data: Path | None) -> None:
        async with self._destination(url, key, data) as destination:
            self._bookmarks.database = destination.database
            with _bar() as bar:
                for name in files:
                    await self._import(destination.send, name, bar)

    def _destination(self, url: str, key: str | None, data: Path | None) -> AbstractAsyncContextManager[Destination]:
        """The database of a data directory where one is named, else a server."""
        if data is not None:
            settings = dataclasses.replace(read_settings(), data=data, database_url=None)
            return to_engine(settings, self.summary.game)
        with Remote(url) as remote:
            answer = remote.ask(get("games", self.summary.game))  # no server, or no such game: say so at once
        return to_server(url, key, self.summary.game, answer.get("database", ""))

    async def _import(self, send: Send, name: str, bar: Progress) -> None:
        file = Path(name) if name != STDIN and os.path.isfile(name) else None  # a named pipe is like stdin
        found = FileSummary(name)
        self.summary.files.append(found)
        task = bar.add_task(name, total=file.stat().st_size if file is not None else None, events="")
        with self._from_bookmark(name, file) as lines:
            found.from_line = lines.place.line + 1
            async for batch, receipt in deliver(send, lines.batches(self._batch_events)):
                self._count(found, batch, receipt, bar, task)
                if file is not None:
                    self._keep(file, batch.end)
        if file is not None:
            self._bookmarks.drop(file)

    @contextmanager
    def _from_bookmark(self, name: str, file: Path | None) -> Iterator[Lines]:
        """The lines after the bookmark; all of them where there is none, or the file is not as it was."""
        place = self._bookmarks.read(file) if file is not None and not self._from_start else Place()
        with opened(name) as lines:
            if place.line == 0 or lines.reach(place):
                yield lines
                return
        with opened(name) as lines:
            yield lines

    def _keep(self, file: Path, place: Place) -> None:
        try:
            self._bookmarks.write(file, place)
        except OSError as error:
            target = self._bookmarks.file_of(file)
            raise Failed(f"kleos: cannot write {target}: {error.strerror}; give another folder with --state") from None

    def _count(self, found: FileSummary, batch: Batch, receipt: Receipt, bar: Progress, task: TaskID) -> None:
        found.accepted += receipt.accepted
        found.duplicates += receipt.duplicates
        found.quarantined += receipt.quarantined
        found.rejected += len(receipt.rejected) + len(batch.too_long)
        for problem in sorted(_problems(found.file, batch, receipt), key=lambda problem: problem.line):
            self._note(problem)
        seconds = time.monotonic() - self.began_s
        seen = self.summary.total("accepted") + self.summary.total("duplicates")
        bar.update(task, completed=batch.read_bytes, events=f"{seen:,} events, {seen / seconds:,.0f}/s")

    def _note(self, problem: LineProblem) -> None:
        if len(self.summary.problems) < PROBLEMS_SHOWN:
            self.summary.problems.append(problem)
        else:
            self.summary.problems_left_off += 1


def _problems(file: str, batch: Batch, receipt: Receipt) -> Iterator[LineProblem]:
    for line in batch.too_long:
        yield LineProblem(file, line, "rejected", None, f"is longer than {MAX_LINE_BYTES:,} bytes")
    for kind, refusals in (("rejected", receipt.rejected), ("quarantined", receipt.quarantine)):
        for one in refusals:
            yield LineProblem(file, batch.lines[one.index], kind, one.id, one.error)


def _bar() -> Progress:
    columns: list[Any] = [TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[events]}")]
    columns += [TimeElapsedColumn(), TimeRemainingColumn()]
    return Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal)


def _print(summary: Summary) -> None:
    for problem in summary.problems:
        text = f"{problem.file}:{problem.line}: {problem.kind}: {problem.error}"
        errors.print(text, markup=False, highlight=False, soft_wrap=True)
    if summary.problems_left_off:
        errors.print(f"… and {summary.problems_left_off:,} more", highlight=False)
    for found in summary.files:
        if found.from_line > 1:
            say(f"{found.file}: went on at line {found.from_line:,}")
    names = ("accepted", "duplicates", "quarantined", "rejected")
    counts = ", ".join(f"{summary.total(name):,} {name}" for name in names)
    seen = summary.total("accepted") + summary.total("duplicates")
    rate = seen / summary.seconds if summary.seconds else 0.0
    say(f"{summary.game}: {counts} in {summary.seconds:.1f} s ({rate:,.0f} events/s)")
