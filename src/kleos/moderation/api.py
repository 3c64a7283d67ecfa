"""The routes of moderation: corrections, quarantine, bans."""

from typing import Annotated, Any, Final

import msgspec
from litestar import Request, delete, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, PathParameter, QueryParameter

from kleos.core.errors import BadInput, NotFound
from kleos.core.ids import check_external_id, check_text
from kleos.core.windows import from_datetime
from kleos.engine.engine import Engine
from kleos.moderation import answers, sql
from kleos.moderation.answers import CorrectionAnswer, OutcomeAnswer, correction_answer, outcome_answer
from kleos.moderation.asked import Ban, Merge, Moment, Void
from kleos.moderation.corrections import Corrections
from kleos.moderation.outcome import Outcome
from kleos.moderation.quarantine import Quarantine, Reasons, Status, quarantine_page, quarantine_reasons
from kleos.moderation.subjects import Correction, Kind
from kleos.players.asked import namespace_of
from kleos.server.auth.audit import audit
from kleos.server.auth.caller import Caller
from kleos.server.auth.guards import forbidden, requires
from kleos.server.openapi import KEY, problems
from kleos.server.parameters import GameName, Limit, Namespace, Offset, PlayerId, TheCaller, TheEngine

LARGEST: Final = 2**63 - 1

AnyRequest = Request[Any, Any, Any]
DryRun = Annotated[bool, QueryParameter(name="dry_run", description="Only say what would change.")]
Number = Annotated[int, PathParameter(ge=1, le=LARGEST, description="Its number.")]


class Reason(msgspec.Struct, forbid_unknown_fields=True):
    """Why: kept with it."""

    reason: str


@get(
    "/v1/games/{game:str}/corrections",
    tags=["moderation"],
    summary="A game's corrections",
    guards=[requires("moderation")],
    security=KEY,
    responses=problems(400, 401, 403, 404),
)
async def get_corrections(
    engine: TheEngine,
    game: GameName,
    kind: Annotated[Kind | None, QueryParameter(description="Only of this kind.")] = None,
    player: Annotated[str | None, QueryParameter(description="Only those that name this player.")] = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> answers.Corrections:
    """The newest first, those undone too; and those of all games that share the players."""
    if player is not None:
        check_external_id(player)
    found, total = await Corrections(engine).page(game, kind, player, limit, offset)
    return answers.Corrections(await _answers(engine, game, found), total)


@post(
    "/v1/games/{game:str}/corrections",
    tags=["moderation"],
    summary="Void, ban or merge",
    status_code=200,
    guards=[requires("moderation")],
    security=KEY,
    responses=problems(400, 401, 403, 404, 409),
)
async def post_correction(
    request: AnyRequest,
    engine: TheEngine,
    caller: TheCaller,
    game: GameName,
    data: JSONBody[Void | Ban | Merge],
    dry_run: DryRun = False,
) -> OutcomeAnswer:
    """A fact in the log like any other: every sheet, board, season and award follows, and it can be undone.

    A merge holds in every game that shares the players, and needs the right in all of them.
    """
    if isinstance(data, Merge):
        _check_everywhere(engine, caller, engine.game(game).namespace)
    outcome = await Corrections(engine).make(game, data, caller.name, rehearse=dry_run)
    return await _told(request, outcome, game, f"correction.{_kind_of(data)}")


@get(
    "/v1/games/{game:str}/corrections/{correction:int}",
    tags=["moderation"],
    summary="One correction",
    guards=[requires("moderation")],
    security=KEY,
    responses=problems(400, 401, 403, 404),
)
async def get_correction(engine: TheEngine, game: GameName, correction: Number) -> CorrectionAnswer:
    """Who made it, when and why; and whether it was undone."""
    (answer,) = await _answers(engine, game, [await Corrections(engine).one(game, _number(correction))])
    return answer


@post(
    "/v1/games/{game:str}/corrections/{correction:int}/undo",
    tags=["moderation"],
    summary="Undo a correction",
    status_code=200,
    guards=[requires("moderation")],
    security=KEY,
    responses=problems(400, 401, 403, 404, 409),
)
async def undo_correction(
    request: AnyRequest,
    engine: TheEngine,
    caller: TheCaller,
    game: GameName,
    correction: Number,
    data: JSONBody[Reason],
    dry_run: DryRun = False,
) -> OutcomeAnswer:
    """Everything is as if it had never been made; what came meanwhile counts as well. Undone in any order."""
    corrections = Corrections(engine)
    found = await corrections.one(game, _number(correction))
    if not found.game:
        _check_everywhere(engine, caller, found.namespace)
    outcome = await corrections.undo(game, correction, caller.name, data.reason, rehearse=dry_run)
    return await _told(request, outcome, game, "correction.undone")


@get(
    "/v1/games/{game:str}/quarantine",
    tags=["moderation"],
    summary="Events in quarantine",
    guards=[requires("read")],
    security=KEY,
    responses=problems(400, 401, 403, 404),
)
async def get_quarantine(
    engine: TheEngine,
    game: GameName,
    status: Annotated[Status | None, QueryParameter(description="Only those.")] = None,
    reason: Annotated[str | None, QueryParameter(max_length=2000, description="Only those of this reason.")] = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> Quarantine:
    """What failed a check of the definition, the newest first, as the game sent it."""
    if reason is not None:
        check_text(reason, "reason")
    return await quarantine_page(engine, engine.game(game), status, reason, limit, offset)


@get(
    "/v1/games/{game:str}/quarantine/reasons",
    tags=["moderation"],
    summary="Why events are in quarantine",
    guards=[requires("read")],
    security=KEY,
    responses=problems(400, 401, 403, 404),
)
async def get_reasons(
    engine: TheEngine,
    game: GameName,
    since: Annotated[Moment | None, QueryParameter(description="Only events that happened from then on.")] = None,
    limit: Limit = 100,
) -> Reasons:
    """How many events of which type failed which check, and what became of them."""
    at = from_datetime(since) if since is not None else None
    return await quarantine_reasons(engine, engine.game(game), at, limit)


@post(
    "/v1/games/{game:str}/quarantine/{quarantine:int}/accept",
    tags=["moderation"],
    summary="Accept an event in quarantine",
    status_code=200,
    guards=[requires("moderation")],
    security=KEY,
    responses=problems(400, 401, 403, 404, 409),
)
async def accept(
    request: AnyRequest,
    engine: TheEngine,
    caller: TheCaller,
    game: GameName,
    quarantine: Number,
    data: JSONBody[Reason],
    dry_run: DryRun = False,
) -> OutcomeAnswer:
    """It enters the log with its own id, time and match, and counts as if it had never been doubted."""
    outcome = await Corrections(engine).judge(
        game, _number(quarantine), True, caller.name, data.reason, rehearse=dry_run
    )
    return await _told(request, outcome, game, "quarantine.accepted")


@post(
    "/v1/games/{game:str}/quarantine/{quarantine:int}/refuse",
    tags=["moderation"],
    summary="Refuse an event in quarantine",
    status_code=200,
    guards=[requires("moderation")],
    security=KEY,
    responses=problems(400, 401, 403, 404, 409),
)
async def refuse(
    request: AnyRequest,
    engine: TheEngine,
    caller: TheCaller,
    game: GameName,
    quarantine: Number,
    data: JSONBody[Reason],
    dry_run: DryRun = False,
) -> OutcomeAnswer:
    """It stays where it is and waits no more."""
    outcome = await Corrections(engine).judge(
        game, _number(quarantine), False, caller.name, data.reason, rehearse=dry_run
    )
    return await _told(request, outcome, game, "quarantine.refused")


@post(
    "/v1/players/{player:str}/ban",
    tags=["moderation"],
    summary="Ban a player from every game",
    status_code=200,
    guards=[requires("moderation")],
    security=KEY,
    responses=problems(400, 401, 403, 404, 409),
)
async def ban(
    request: AnyRequest,
    engine: TheEngine,
    caller: TheCaller,
    player: PlayerId,
    data: JSONBody[Reason],
    namespace: Namespace = None,
    dry_run: DryRun = False,
) -> OutcomeAnswer:
    """Of all games that share the player: the right is needed in every one. For one game, post a correction there."""
    space = namespace_of(engine, namespace)
    _check_everywhere(engine, caller, space)
    asked = Ban(player=check_external_id(player), reason=data.reason)
    outcome = await Corrections(engine).ban_everywhere(space, asked, caller.name, rehearse=dry_run)
    return await _told(request, outcome, None, "correction.ban")


@delete(
    "/v1/players/{player:str}/ban",
    tags=["moderation"],
    summary="End a ban",
    status_code=200,
    guards=[requires("moderation")],
    security=KEY,
    responses=problems(400, 401, 403, 404, 409),
)
async def unban(
    request: AnyRequest,
    engine: TheEngine,
    caller: TheCaller,
    player: PlayerId,
    reason: Annotated[str, QueryParameter(description="Why: kept with it.")],
    namespace: Namespace = None,
    game: Annotated[str | None, QueryParameter(description="The ban in this game; else that from all.")] = None,
    dry_run: DryRun = False,
) -> OutcomeAnswer:
    """The same as to undo the correction that banned the player."""
    space = namespace_of(engine, namespace, game)
    if game is None:
        _check_everywhere(engine, caller, space)
    elif not caller.may("moderation", game):
        raise forbidden("moderation", game)
    corrections = Corrections(engine)
    bans = await corrections.bans_of(game or "", space, check_external_id(player))
    if not bans:
        raise NotFound("ban of player", player)
    of_game = game or next(each.name for each in engine.games() if each.namespace == space)
    outcome = await corrections.undo(of_game, bans[0], caller.name, reason, rehearse=dry_run)
    return await _told(request, outcome, game, "correction.undone")


def _check_everywhere(engine: Engine, caller: Caller, namespace: str) -> None:
    for game in engine.games():
        if game.namespace == namespace and not caller.may("moderation", game.name):
            raise forbidden("moderation", game.name)


def _number(number: int) -> int:
    if not 1 <= number <= LARGEST:
        raise BadInput(f"{number} is no number of a correction or of an event in quarantine")
    return number


def _kind_of(asked: Void | Ban | Merge) -> str:
    return "void" if isinstance(asked, Void) else "ban" if isinstance(asked, Ban) else "merge"


async def _told(request: AnyRequest, outcome: Outcome, game: str | None, action: str) -> OutcomeAnswer:
    made = outcome.correction
    if made is not None:
        await audit(request, action, str(made.seq), game, kind=made.kind)
    return outcome_answer(outcome)


async def _answers(engine: Engine, game: str, corrections: list[Correction]) -> list[CorrectionAnswer]:
    players = sorted({player for each in corrections for player in each.subject.players})
    rows = await engine.pool.fetch(sql.IDS_OF, engine.game(game).namespace, players)
    ids = {row["player"]: row["id"] for row in rows}
    return [correction_answer(each, ids) for each in corrections]


ROUTES: Final[list[BaseRouteHandler]] = [
    get_corrections,
    post_correction,
    get_correction,
    undo_correction,
    get_quarantine,
    get_reasons,
    accept,
    refuse,
    ban,
    unban,
]
