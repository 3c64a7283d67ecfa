"""``/metrics``: what the server knows about itself, gathered when somebody asks. Nothing is kept twice for it."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from kleos import __version__
from kleos.engine.engine import Engine
from kleos.feed.feed import Feed
from kleos.jobs.tally import JobTally, Verified, count_jobs
from kleos.log.archive.tally import NOT_ARCHIVED, Archived, ArchiveTally, count_archived
from kleos.log.kept import Kept, count_kept
from kleos.server.door import Door
from kleos.server.openapi import answered, problems
from kleos.server.watch import Watch
from kleos.telemetry.spread import Spread

TEXT: Final = "text/plain; version=0.0.4"
"""To which the charset is added."""

_ANSWERS: Final = {**answered(str, media_type="text/plain"), **problems()}
KEPT_COUNTED_EVERY_S: Final = 30.0
_ASK_WITHIN_S: Final = 2.0

Labels = tuple[str, ...]


class Metrics(Collector):
    """All families of one server, documented in docs/reference/metrics.md."""

    def __init__(self, engine: Engine, watch: Watch, feed: Feed, door: Door) -> None:
        self._engine = engine
        self._watch = watch
        self._feed = feed
        self._door = door
        self._kept: Kept | None = None
        self._jobs: JobTally | None = None
        self._archive: ArchiveTally | None = None
        self._is_reachable = False
        self._counted_at_s = -KEPT_COUNTED_EVERY_S
        self._counting = asyncio.Lock()
        self.registry = CollectorRegistry()
        self.registry.register(self)
        ProcessCollector(registry=self.registry)

    async def refresh(self) -> None:
        """Asks the database what only it knows; now and then, for counting costs it something."""
        async with self._counting:
            try:
                async with asyncio.timeout(_ASK_WITHIN_S):
                    if time.monotonic() - self._counted_at_s >= KEPT_COUNTED_EVERY_S:
                        self._kept = await count_kept(self._engine.pool)
                        self._jobs = await count_jobs(self._engine.pool)
                        self._archive = await count_archived(self._engine.pool)
                        self._counted_at_s = time.monotonic()
                    else:
                        await self._engine.pool.fetchval("SELECT true")
                self._is_reachable = True
            except Exception:  # whatever it is, the database does not answer
                self._is_reachable, self._kept, self._jobs, self._archive = False, None, None, None
                self._counted_at_s = -KEPT_COUNTED_EVERY_S

    async def text(self) -> bytes:
        await self.refresh()
        return generate_latest(self.registry)

    async def families(self) -> list[Metric]:
        await self.refresh()
        return list(self.registry.collect())

    def collect(self) -> Iterator[Metric]:
        yield _gauge("kleos_info", "The version that runs.", ("version",), {(__version__,): 1})
        yield from self._of_requests()
        yield from self._of_events()
        yield from self._of_boards()
        yield from self._of_caches()
        yield from self._of_database()
        yield from self._of_feed()
        yield from self._of_jobs()
        yield from self._of_archive()

    def _of_requests(self) -> Iterator[Metric]:
        watch = self._watch
        seconds = {(method, route, str(status)): spread for (method, route, status), spread in watch.requests.items()}
        yield _spread("kleos_request_seconds", "Time to answer.", ("method", "route", "status"), seconds)
        yield _gauge("kleos_requests_in_progress", "Requests being answered.", (), {(): watch.in_progress})
        yield _counter("kleos_slow_requests", "Requests over KLEOS_SLOW_REQUEST_MS.", (), {(): watch.slow})
        yield _counter("kleos_dropped_lines", "Lines of requests that the log missed.", (), {(): watch.dropped_lines})

    def _of_events(self) -> Iterator[Metric]:
        committers = self._engine.committers()
        tallies = {committer.game.name: committer.tally for committer in committers}
        verdicts: dict[Labels, float] = {}
        for game, tally in tallies.items():
            verdicts[game, "accepted"] = tally.accepted
            verdicts[game, "duplicate"] = tally.duplicates
            verdicts[game, "quarantined"] = tally.quarantined
            verdicts[game, "rejected"] = tally.rejected
        yield _counter("kleos_events", "Events by what became of them.", ("game", "verdict"), verdicts)
        waiting = {(committer.game.name,): committer.waiting_events for committer in committers}
        yield _gauge("kleos_events_waiting", "Events that wait for a commit.", ("game",), waiting)
        sizes = {(game,): tally.commit_events for game, tally in tallies.items()}
        yield _spread("kleos_commit_events", "Events in one commit.", ("game",), sizes)
        seconds = {(game,): tally.commit_s for game, tally in tallies.items()}
        yield _spread("kleos_commit_seconds", "Time of one commit.", ("game",), seconds)
        retries = {(game,): tally.retries for game, tally in tallies.items()}
        yield _counter("kleos_commit_retries", "Commits tried again after meeting another.", ("game",), retries)
        failures = {(game,): tally.failures for game, tally in tallies.items()}
        yield _counter("kleos_commit_failures", "Commits given up.", ("game",), failures)

    def _of_boards(self) -> Iterator[Metric]:
        entries: Counter[Labels] = Counter()
        sizes: Counter[Labels] = Counter()
        lag = Counter({(one.game.name,): one.answers.unranked_rows for one in self._engine.committers()})
        states: Counter[Labels] = Counter({(state,): 0 for state in ("cold", "warming", "warm", "too large")})
        for ranking in self._engine.rankings.all():
            place = (ranking.board.game, ranking.board.board.name, ranking.window.kind)
            entries[place] += ranking.total
            sizes[place] += ranking.size_bytes
            lag[ranking.board.game,] += ranking.missed_rows
            states[ranking.state,] += 1
        labels = ("game", "board", "window")
        yield _gauge("kleos_board_entries", "Standings in memory.", labels, entries)
        yield _gauge("kleos_board_memory_bytes", "Memory of the rank indexes, estimated.", labels, sizes)
        yield _gauge("kleos_indexes", "Rank indexes by state.", ("state",), states)
        yield _gauge("kleos_index_lag_rows", "Rows that are durable and not yet ranked.", ("game",), lag)

    def _of_caches(self) -> Iterator[Metric]:
        pages, rankings, directory = self._engine.standings.pages, self._engine.rankings, self._engine.directory
        yield _counter("kleos_page_cache_hits", "Pages of warm boards from the cache.", (), {(): pages.found})
        yield _counter("kleos_page_cache_misses", "Pages of warm boards made anew.", (), {(): pages.made})
        size_bytes = pages.size_bytes + rankings.closed.size_bytes
        yield _gauge("kleos_page_cache_bytes", "Memory of the kept pages.", (), {(): size_bytes})
        yield _gauge("kleos_directory_players", "Players whose card is in memory.", (), {(): directory.size})
        yield _counter("kleos_directory_hits", "Cards found in memory.", (), {(): directory.found})
        yield _counter("kleos_directory_misses", "Cards read from the database.", (), {(): directory.asked})

    def _of_database(self) -> Iterator[Metric]:
        pool, statements = self._engine.pool, self._engine.database.statements
        idle = pool.get_idle_size()
        used: dict[Labels, float] = {("idle",): idle, ("in use",): pool.get_size() - idle}
        yield _gauge("kleos_database_up", "Whether the database answers.", (), {(): int(self._is_reachable)})
        yield _gauge("kleos_pool_connections", "Connections to the database.", ("state",), used)
        yield _gauge("kleos_pool_size", "Connections there may be: KLEOS_POOL_SIZE.", (), {(): pool.get_max_size()})
        yield _spread("kleos_statement_seconds", "Time of one statement.", (), {(): statements.seconds})
        slow = {(): statements.slow}
        yield _counter("kleos_slow_statements", "Statements over KLEOS_SLOW_STATEMENT_MS.", (), slow)
        kept = self._kept
        quarantine = {} if kept is None else {(game,): events for game, events in kept.quarantine.items()}
        if kept is not None:
            quarantine = {(game.name,): 0 for game in self._engine.games()} | quarantine
        yield _gauge("kleos_quarantine_events", "Events in quarantine.", ("game",), quarantine)
        outbox: dict[Labels, float] = {} if kept is None else {(): kept.outbox}
        yield _gauge("kleos_outbox_messages", "Messages in the outbox.", (), outbox)

    def _of_feed(self) -> Iterator[Metric]:
        sockets = {(route,): connected for route, connected in self._watch.sockets.items()}
        yield _gauge("kleos_sockets", "WebSockets that are open.", ("route",), sockets)
        yield _gauge("kleos_addresses", "Addresses with a connection open.", (), {(): self._door.addresses})
        refused = {("too many",): self._door.too_many, ("too slow",): self._door.too_slow}
        yield _counter("kleos_connections_refused", "Connections turned away at the door.", ("why",), refused)
        yield _gauge("kleos_feed_topics", "Topics that are listened to.", (), {(): len(self._feed.hub)})
        yield _counter("kleos_feed_dropped", "Messages that slow listeners missed.", (), {(): self._feed.dropped})

    def _of_archive(self) -> Iterator[Metric]:
        games: dict[str, Archived] = {}
        if self._archive is not None:
            games = {game.name: NOT_ARCHIVED for game in self._engine.games()} | dict(self._archive.games)
        events: dict[Labels, float] = {}
        for game, archived in games.items():
            events[game, "both"] = archived.events - archived.removed
            events[game, "files"] = archived.removed
        yield _gauge("kleos_archived_events", "Archived events by where they are.", ("game", "place"), events)
        sizes = {(game,): archived.size_bytes for game, archived in games.items()}
        yield _gauge("kleos_archive_bytes", "Size of the archive's files.", ("game",), sizes)
        sealed = {(game,): archived.sealed_at_s for game, archived in games.items()}
        yield _gauge("kleos_archived_timestamp_seconds", "When a span was sealed last.", ("game",), sealed)
        postponed = {} if self._archive is None else {(game.name,): 0 for game in self._engine.games()}
        if self._archive is not None:
            postponed |= {(game,): count for game, count in self._archive.postponed.items()}
        yield _gauge("kleos_postponed_refolds", "Rows and players to be refolded from files.", ("game",), postponed)

    def _of_jobs(self) -> Iterator[Metric]:
        tally = self._jobs
        jobs, last_s = ({}, {}) if tally is None else (tally.jobs, tally.last_s)
        yield _gauge("kleos_jobs", "Jobs by what became of them.", ("kind", "state"), jobs)
        yield _gauge("kleos_job_last_seconds", "How long the last one took.", ("kind",), last_s)
        workers: dict[Labels, float] = {} if tally is None else {(): tally.workers}
        yield _gauge("kleos_workers", "Workers that run jobs.", (), workers)
        games = [] if tally is None else [game.name for game in self._engine.games()]
        never = Verified(0, 0, 0)
        verified = {(game,): tally.verified.get(game, never) for game in games if tally is not None}
        at_s = {game: found.at_s for game, found in verified.items()}
        yield _gauge("kleos_verified_timestamp_seconds", "When a game was last compared with its log.", ("game",), at_s)
        cells = {game: found.cells for game, found in verified.items()}
        yield _gauge("kleos_verified_cells", "Cells compared then.", ("game",), cells)
        wrong = {game: found.differences for game, found in verified.items()}
        yield _gauge("kleos_verified_differences", "Cells that were wrong then.", ("game",), wrong)


Values = Mapping[Any, float]


def _gauge(name: str, text: str, labels: Iterable[str], values: Values) -> Metric:
    family = GaugeMetricFamily(name, text, labels=tuple(labels))
    for of, value in values.items():
        family.add_metric(of, value)
    return family


def _counter(name: str, text: str, labels: Iterable[str], values: Values) -> Metric:
    family = CounterMetricFamily(name, text, labels=tuple(labels))
    for of, value in values.items():
        family.add_metric(of, value)
    return family


def _spread(name: str, text: str, labels: Iterable[str], values: Mapping[Any, Spread]) -> Metric:
    family = HistogramMetricFamily(name, text, labels=tuple(labels))
    for of, spread in values.items():
        buckets = [("+Inf" if bound == float("inf") else str(bound), n) for bound, n in spread.cumulative()]
        family.add_metric(of, buckets, spread.total)
    return family


@get("/metrics", tags=["server"], summary="What the server counts and measures", responses=_ANSWERS)
async def get_metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """For Prometheus, in its text format; docs/reference/metrics.md tells what each one means."""
    metrics: Metrics = request.app.state.metrics
    return Response(await metrics.text(), media_type=TEXT)


ROUTES: Final[list[BaseRouteHandler]] = [get_metrics]
