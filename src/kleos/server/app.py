"""The web application: routes wired to an engine, and the server that runs it."""

import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final

from litestar import Litestar, Request
from litestar.datastructures import State
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from kleos.achievements.api import ROUTES as ACHIEVEMENT_ROUTES
from kleos.achievements.created import Created
from kleos.achievements.rarity import Rarity
from kleos.analytics.api import ROUTES as ANALYTICS_ROUTES
from kleos.analytics.kept import Analytics
from kleos.boards.api import ROUTES as BOARD_ROUTES
from kleos.definitions.api import ROUTES as DEFINITION_ROUTES
from kleos.engine.api import ROUTES as GAME_ROUTES
from kleos.engine.engine import Engine
from kleos.feed.access import Holders
from kleos.feed.feed import Feed
from kleos.feed.routes import feed_first
from kleos.feed.socketio import SocketIO
from kleos.jobs.api import ROUTES as JOB_ROUTES
from kleos.jobs.jobs import Jobs
from kleos.jobs.worker import WorkerSettings
from kleos.log.api import ROUTES as EVENT_ROUTES
from kleos.log.archive.api import ROUTES as ARCHIVE_ROUTES
from kleos.matches.api import ROUTES as MATCH_ROUTES
from kleos.moderation.api import ROUTES as MODERATION_ROUTES
from kleos.players.accounts.entering_api import ROUTES as ENTERING_ROUTES
from kleos.players.accounts.managing_api import ROUTES as ACCOUNT_ROUTES
from kleos.players.accounts.own_api import ROUTES as OWN_ACCOUNT_ROUTES
from kleos.players.api import ROUTES as PLAYER_ROUTES
from kleos.players.standings_api import ROUTES as PLAYER_STANDINGS_ROUTES
from kleos.players.stats_api import ROUTES as PLAYER_STATS_ROUTES
from kleos.server import openapi, pages
from kleos.server.auth.access import Access, AccessSettings
from kleos.server.auth.api import ROUTES as AUTH_ROUTES
from kleos.server.auth.caller import Caller, caller_of
from kleos.server.door import STATE_KEY as DOOR_KEY
from kleos.server.edge import Edge
from kleos.server.errors import to_response
from kleos.server.facades.binding import Binding
from kleos.server.facades.leaderboard import ROUTES as LEADERBOARD_FACADE_ROUTES
from kleos.server.facades.leaderboard_socket import ROUTES as LEADERBOARD_SOCKET_ROUTES
from kleos.server.facades.leaderboard_socket import STATE_KEY as WORDS_KEY
from kleos.server.facades.leaderboard_socket import Words
from kleos.server.facades.platform import ROUTES as PLATFORM_FACADE_ROUTES
from kleos.server.facades.platform_shown import shown_of
from kleos.server.facades.platform_voice import PlatformVoice
from kleos.server.facades.stats import ROUTES as STATS_FACADE_ROUTES
from kleos.server.health import ROUTES as HEALTH_ROUTES
from kleos.server.metrics import ROUTES as METRICS_ROUTES
from kleos.server.metrics import Metrics
from kleos.server.slashes import SlashKeepingApp, SlashRestoringRequest
from kleos.server.watch import Watch, WatchSettings
from kleos.settings import Settings
from kleos.sheets.api import ROUTES as SHEET_ROUTES
from kleos.store.database import Database
from kleos.telemetry.otlp import exporting
from kleos.web.routes import ROUTES as WEB_ROUTES

_UNLOGGED: Final = WatchSettings()
OpenEngine = Callable[[], AbstractAsyncContextManager[Engine]]


@asynccontextmanager
async def open_engine(settings: Settings) -> AsyncIterator[Engine]:
    """The engine of a server with these settings, on its database, for as long as the block runs."""
    opened = Database.open(
        data_dir=settings.data,
        url=settings.database_url,
        pool_size=settings.pool_size,
        wait_s=settings.database_wait_s,
        timeout_s=settings.database_timeout_s,
        slow_statement_s=settings.slow_statement_ms / 1_000,
    )
    async with (
        opened as database,
        Engine.open(
            database,
            games_dir=settings.games,
            memory_mb=settings.ranks_memory_mb,
            archive=settings.archive or str(settings.data.absolute() / "archive"),
            retention_days=settings.retention_days,
        ) as engine,
    ):
        yield engine


def routes() -> list[ControllerRouterHandler]:
    return [
        *openapi.ROUTES,
        *pages.ROUTES,
        *HEALTH_ROUTES,
        *METRICS_ROUTES,
        *EVENT_ROUTES,
        *ARCHIVE_ROUTES,
        *GAME_ROUTES,
        *DEFINITION_ROUTES,
        *ANALYTICS_ROUTES,
        *BOARD_ROUTES,
        *SHEET_ROUTES,
        *ACHIEVEMENT_ROUTES,
        *MATCH_ROUTES,
        *PLAYER_ROUTES,
        *PLAYER_STATS_ROUTES,
        *PLAYER_STANDINGS_ROUTES,
        *JOB_ROUTES,
        *MODERATION_ROUTES,
        *ENTERING_ROUTES,
        *OWN_ACCOUNT_ROUTES,
        *ACCOUNT_ROUTES,
        *AUTH_ROUTES,
        *STATS_FACADE_ROUTES,
        *LEADERBOARD_FACADE_ROUTES,
        *LEADERBOARD_SOCKET_ROUTES,
        *PLATFORM_FACADE_ROUTES,
        *WEB_ROUTES,
    ]


def create_app(
    open_engine: OpenEngine,
    admin_key: str | None = None,
    announce_key: Callable[[str], None] = print,
    more_routes: Sequence[ControllerRouterHandler] = (),
    access: AccessSettings | None = None,
    watch_settings: WatchSettings = _UNLOGGED,
    facades: Binding | None = None,
    worker: WorkerSettings | None = None,
) -> Litestar:
    """The application. The engine is opened when the server starts and closed when it stops.

    ``announce_key`` gets the key that is made when there is none, once. ``admin_key`` wins over that of ``access``.
    ``worker`` is set where jobs run inside this server.
    """
    settings = access if access is not None else AccessSettings()
    if admin_key is not None:
        settings = dataclasses.replace(settings, admin_key=admin_key)

    edge, watch = Edge(settings), Watch(watch_settings)
    state = State({"watch": watch, DOOR_KEY: edge.door, "facades": facades or Binding()})

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        async with open_engine() as engine, Access.open(settings, engine, announce_key) as opened:
            watch.is_stopping = False
            state.access = edge.access = opened
            try:
                async with _at_work(state, engine, Jobs(engine, worker), settings):
                    yield
            finally:
                edge.access = None
                watch.flush()

    app = _EdgedApp(
        route_handlers=[*routes(), *more_routes],
        lifespan=[lifespan],
        state=state,
        request_class=SlashRestoringRequest,
        dependencies=_dependencies(state),
        exception_handlers={Exception: to_response},
        openapi_config=openapi.openapi_config(),
        logging_config=None,
        request_max_body_size=1024 * 1024,
        debug=False,
    )
    app.edge, app.watch = edge, watch
    return app


@asynccontextmanager
async def _at_work(state: State, engine: Engine, jobs: Jobs, settings: AccessSettings) -> AsyncIterator[None]:
    """The parts that routes find in the application's state; they work until the block ends."""
    state.engine, state.jobs = engine, jobs
    state.rarity = rarity = Rarity(engine.pool)
    rarity.begin(game.name for game in engine.games())
    state.analytics = analytics = Analytics(engine)
    state.created = Created(engine.pool)
    state.feed = feed = Feed(engine, Holders(state.access))
    state[WORDS_KEY] = Words(engine)
    feed.voice = PlatformVoice(engine, shown_of(state))
    state.socketio = socketio = SocketIO(lambda: feed, settings.door.head_timeout_s)
    state.metrics = metrics = Metrics(engine, state.watch, feed, state[DOOR_KEY])
    try:
        async with exporting(metrics.families), jobs.working():
            yield
    finally:
        await rarity.close()
        await analytics.close()
        await socketio.close()
        feed.close()


def _dependencies(state: State) -> dict[str, Provide]:
    """What a route is given that asks for it by name."""

    def provide_engine() -> Engine:
        engine: Engine = state.engine
        return engine

    def provide_access() -> Access:
        opened: Access = state.access
        return opened

    return {
        "engine": Provide(provide_engine, sync_to_thread=False),
        "access": Provide(provide_access, sync_to_thread=False),
        "caller": Provide(caller_of_request, sync_to_thread=False),
    }


def caller_of_request(request: Request[Any, Any, Any]) -> Caller:
    return caller_of(request)


class _EdgedApp(SlashKeepingApp):
    """The application behind its edge, and watched."""

    edge: Edge
    watch: Watch

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.watch(scope, receive, send, self._behind_edge)

    def _behind_edge(self, scope: Any, receive: Any, send: Any) -> Awaitable[None]:
        return self.edge(scope, receive, send, feed_first(self.state, super().__call__))
