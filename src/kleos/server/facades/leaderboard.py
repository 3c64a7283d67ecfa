"""A leaderboard of total scores, under ``/api/leaderboard``."""

import re
from functools import partial
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, PathParameter

from kleos.boards.answers import Effect
from kleos.core.errors import BadInput, NotFound
from kleos.core.ids import check_external_id
from kleos.core.windows import ALL
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.engine.receipts import Receipt
from kleos.log.own import Sender
from kleos.players import stats
from kleos.server.facades.binding import leaderboard_game
from kleos.server.facades.numbers import one_decimal
from kleos.server.facades.sending import requires_credential, sends_as_game
from kleos.server.openapi import BODY, KEY, problems
from kleos.server.parameters import Limit, Offset, TheCaller, TheEngine

TAGS: Final = ["arcade leaderboard"]
EVENT: Final = "score_submitted"
BOARD: Final = "total_score"
WINDOW: Final = ALL.name
TOTAL: Final = "total_score"
GAMES: Final = "games_played"
WIN_RATE: Final = "win_rate"
TIERS: Final = (1, 5, 10, 25, 50)
REST: Final = "rest"

_INTEGER: Final = re.compile(r"0|-?[1-9][0-9]{0,14}")

Id = int | str
UserId = Annotated[str, PathParameter(description="The id that was submitted; a number, or any text.")]


class Submission(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One run. What it counts is its score times its multiplier."""

    user_id: Id
    score: Annotated[float, msgspec.Meta(gt=0)]
    game_mode: str
    duration_ms: Annotated[int, msgspec.Meta(ge=0)] | None = None
    multiplier: Annotated[float, msgspec.Meta(ge=0)] | None = None
    metadata: Any = None


class Submitted(msgspec.Struct, kw_only=True):
    """``old_rank`` is null for who did not stand there before."""

    success: bool = True
    user_id: Id
    new_rank: int | None
    old_rank: int | None
    total_score: float
    games_played: int


class Entry(msgspec.Struct):
    """``win_rate`` is 0.0 where the game has no wins."""

    rank: int
    user_id: Id
    username: str
    total_score: float
    games_played: int
    win_rate: float


class Top(msgspec.Struct):
    """``total`` counts everybody who is ranked."""

    entries: list[Entry]
    total: int


class Ranked(msgspec.Struct):
    """``percentile`` is the share of the ranked at or below; ``tier`` is `top 1%`, 5, 10, 25 or 50, or `rest`."""

    user_id: Id
    username: str
    rank: int
    total_score: float
    games_played: int
    percentile: float
    tier: str


class LeaderboardHealth(msgspec.Struct):
    """``cache`` is `warm` when ranks are answered from memory, ``connections`` counts open sockets."""

    status: Literal["healthy", "unhealthy"]
    database: Literal["connected", "disconnected"]
    cache: Literal["warm", "warming"]
    connections: int


@post(
    "/api/leaderboard/submit",
    tags=TAGS,
    summary="Submit a score",
    status_code=200,
    guards=[requires_credential],
    security=KEY,
    responses=problems(400, 401, 404, *BODY),
)
async def submit(
    request: Request[Any, Any, Any], engine: TheEngine, caller: TheCaller, data: JSONBody[Submission]
) -> Submitted:
    """Counted and durable when this answers; what is refused counts nothing."""
    game = leaderboard_game(request.app.state, engine)
    id = check_external_id(str(data.user_id), "user_id")
    sender = None
    if not sends_as_game(caller, game, id, "events:write"):
        sender = Sender(id, partial(request.app.state.access.limits.submit, caller))
    event = {"type": EVENT, "player": id, **_fields(data)}
    receipt = await engine.ingest_body(game.name, msgspec.json.encode(event), "application/json", True, sender)
    for refused in (*receipt.rejected, *receipt.quarantine):
        raise BadInput(refused.error)
    effect = _effect(receipt, id)
    row = (await _rows(engine, game, [id])).get(id, {})
    return Submitted(
        user_id=outward(id),
        new_rank=effect.rank if effect is not None else None,
        old_rank=effect.previous_rank if effect is not None else None,
        total_score=row.get(TOTAL, 0.0),
        games_played=row.get(GAMES, 0),
    )


@get("/api/leaderboard/top", tags=TAGS, summary="The best", responses=problems(400, 404))
async def get_top(state: State, engine: TheEngine, limit: Limit = 100, offset: Offset = 0) -> Top:
    """By total score, highest first. Equal scores share a rank."""
    game = leaderboard_game(state, engine)
    page = await engine.standings.page(game, BOARD, WINDOW, {}, offset, limit)
    rows = await _rows(engine, game, [line.player for line in page.entries])
    entries = [
        Entry(
            line.rank,
            outward(line.player),
            line.name,
            float(line.value or 0),
            rows[line.player][GAMES],
            one_decimal(float(rows[line.player].get(WIN_RATE) or 0)),
        )
        for line in page.entries
        if line.player in rows
    ]
    return Top(entries, page.total)


@get("/api/leaderboard/rank/{user_id:str}", tags=TAGS, summary="A player's rank", responses=problems(400, 404))
async def get_rank(state: State, engine: TheEngine, user_id: UserId) -> Ranked:
    """404 for who is not ranked."""
    game = leaderboard_game(state, engine)
    id = check_external_id(user_id, "user_id")
    standing = await engine.standings.standing(game, BOARD, WINDOW, {}, id)
    row = (await _rows(engine, game, [id])).get(id)
    if standing is None or row is None:
        raise NotFound("ranked player", user_id)
    return Ranked(
        outward(id),
        standing.name,
        standing.rank,
        float(standing.value or 0),
        row[GAMES],
        one_decimal(standing.percentile),
        tier(standing.rank, standing.total),
    )


@get("/api/leaderboard/health", tags=TAGS, summary="Does the leaderboard work?", responses=problems())
async def get_health(state: State, engine: TheEngine) -> Response[LeaderboardHealth]:
    """503 with the same body where the database does not answer."""
    away = await engine.database.trouble()
    body = LeaderboardHealth(
        "unhealthy" if away else "healthy",
        "disconnected" if away else "connected",
        "warm" if engine.rankings.is_warm else "warming",
        sum(state.watch.sockets.values()),
    )
    return Response(body, status_code=503 if away else 200)


def outward(id: str) -> Id:
    """A number goes out as one, as it came in."""
    return int(id) if _INTEGER.fullmatch(id) else id


def tier(rank: int, total: int) -> str:
    """By the share of the ranked that is strictly better; so the first is always of the first tier."""
    better = 100 * (rank - 1)
    return next((f"top {share}%" for share in TIERS if better < share * total), REST)


def _fields(data: Submission) -> dict[str, Any]:
    optional = {"duration_ms": data.duration_ms, "multiplier": data.multiplier, "metadata": data.metadata}
    given = {name: value for name, value in optional.items() if value is not None}
    return {"score": data.score, "game_mode": data.game_mode, **given}


def _effect(receipt: Receipt, id: str) -> Effect | None:
    """What became of the player's standing: from before the first commit to after the last."""
    standings = receipt.standings if isinstance(receipt.standings, list) else []
    mine = [one for one in standings if (one.board, one.window, one.player, one.partition) == (BOARD, WINDOW, id, {})]
    return mine[-1] if mine else None


async def _rows(engine: Engine, game: Game, ids: list[str]) -> dict[str, dict[str, Any]]:
    sheet = game.sheet(game.board(BOARD).sheet)
    columns = [name for name in (TOTAL, GAMES, WIN_RATE) if name in sheet.columns]
    return await stats.rows_of(engine.pool, engine.directory, game, sheet, ALL, ids, columns)


ROUTES: Final[list[BaseRouteHandler]] = [submit, get_top, get_rank, get_health]
