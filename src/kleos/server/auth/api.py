"""The routes of keys and of the audit log."""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, delete, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, PathParameter, QueryParameter

from kleos.core.errors import BadInput, NotFound
from kleos.core.ids import check_text
from kleos.core.windows import to_datetime, to_datetime_or_none
from kleos.server.auth.audit import audit
from kleos.server.auth.caller import Caller, Kind, Right, Scope
from kleos.server.auth.guards import forbidden, requires, unauthorized
from kleos.server.auth.keys import Key
from kleos.server.openapi import BODY, KEY, problems
from kleos.server.parameters import InGame, Limit, TheAccess, TheCaller, TheEngine

LONGEST_LABEL: Final = 200
MOST_PER_MINUTE: Final = 10_000_000

KeyId = Annotated[str, PathParameter(description="The key's id, as the list of keys has it.")]


class NewKey(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """``games`` null is all games; ``per_minute`` is a limit of the key's own."""

    label: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_LABEL)]
    games: list[str] | None
    scopes: Annotated[list[Scope], msgspec.Meta(min_length=1)]
    per_minute: Annotated[int, msgspec.Meta(ge=1, le=MOST_PER_MINUTE)] | None = None


class MadeKey(msgspec.Struct):
    """``key`` is shown here and never again."""

    id: str
    key: str


class KeyAnswer(msgspec.Struct, kw_only=True):
    id: str
    label: str
    games: list[str] | None
    scopes: list[str]
    per_minute: int | None
    made_by: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class KeyList(msgspec.Struct):
    keys: list[KeyAnswer]


class AuditEntry(msgspec.Struct, kw_only=True):
    seq: int
    at: datetime
    actor: str
    address: str | None
    action: str
    subject: str
    game: str | None
    detail: dict[str, Any]


class AuditPage(msgspec.Struct):
    """``next`` is the `before` of the following page; null on the last."""

    entries: list[AuditEntry]
    next: int | None


class CallerAnswer(msgspec.Struct, kw_only=True):
    """``everywhere`` are rights in all games and for the server, ``in_games`` those in ``games`` only. ``player`` is
    the id of the player that the caller is."""

    kind: Kind
    name: str
    player: str | None
    everywhere: list[Right]
    in_games: list[Right]
    games: list[str]


@get("/v1/caller", tags=["keys"], summary="Who asks", responses=problems(401), sync_to_thread=False)
def get_caller(caller: TheCaller) -> CallerAnswer:
    """Whose key or token came with the request, and what it may do; without one, nobody."""
    if caller.refusal is not None:
        raise unauthorized(caller)
    return CallerAnswer(
        kind=caller.kind,
        name=caller.name,
        player=caller.player,
        everywhere=sorted(caller.everywhere),
        in_games=sorted(caller.in_games),
        games=sorted(caller.games),
    )


@get(
    "/v1/keys",
    tags=["keys"],
    summary="API keys",
    guards=[requires("keys")],
    security=KEY,
    responses=problems(401, 403),
)
async def get_keys(access: TheAccess, caller: TheCaller) -> KeyList:
    """What is known of each but the key itself, oldest first. Developers see those of their games."""
    return KeyList([_answer(each) for each in await access.keys.all() if _may(caller, each.games)])


@post(
    "/v1/keys",
    tags=["keys"],
    summary="Make an API key",
    guards=[requires("keys")],
    security=KEY,
    responses=problems(400, 401, 403, 404, *BODY),
)
async def make_key(
    request: Request[Any, Any, Any],
    engine: TheEngine,
    access: TheAccess,
    caller: TheCaller,
    data: JSONBody[NewKey],
) -> MadeKey:
    """For some games, or for all of them. The answer is the only place where the key is ever shown."""
    check_text(data.label, "label")
    if data.games is not None and not data.games:
        raise BadInput("name games, or give null for all of them", "games")
    if not _may(caller, data.games):
        raise forbidden("keys")
    known = [game.name for game in engine.games()]
    for game in data.games or ():
        if game not in known:
            raise NotFound("game", game, known)
    id, key = await access.keys.make(data.label, data.games, data.scopes, data.per_minute, caller.name)
    await audit(request, "key.made", id, games=data.games, scopes=list(data.scopes), label=data.label)
    return MadeKey(id, key)


@delete(
    "/v1/keys/{key:str}",
    tags=["keys"],
    summary="Revoke an API key",
    status_code=204,
    guards=[requires("keys")],
    security=KEY,
    responses=problems(400, 401, 403, 404),
)
async def revoke_key(request: Request[Any, Any, Any], access: TheAccess, caller: TheCaller, key: KeyId) -> None:
    """From now on it is worth nothing."""
    check_text(key, "key")
    if not _may(caller, await access.keys.games_of(key)):
        raise forbidden("keys")
    await access.keys.revoke(key)
    await audit(request, "key.revoked", key)


@get(
    "/v1/audit",
    tags=["keys"],
    summary="Who changed what",
    guards=[requires("audit")],
    security=KEY,
    responses=problems(400, 401, 403),
)
async def get_audit(
    access: TheAccess,
    game: InGame = None,
    actor: Annotated[str | None, QueryParameter(max_length=200, description="Only what this caller did.")] = None,
    action: Annotated[str | None, QueryParameter(max_length=50, description="The beginning of an action.")] = None,
    limit: Limit = 100,
    before: Annotated[int | None, QueryParameter(ge=0, le=2**62, description="The `next` of the page before.")] = None,
) -> AuditPage:
    """Newest first: who (`actor`), from where (`address`), did what (`action`) to what (`subject`)."""
    for text, where in ((game, "game"), (actor, "actor"), (action, "action")):
        check_text(text or "", where)
    entries = await access.audit.page(before, game, actor, action, limit)
    shown = [
        AuditEntry(
            seq=each.seq,
            at=to_datetime(each.at),
            actor=each.actor,
            address=each.address,
            action=each.action,
            subject=each.subject,
            game=each.game,
            detail=each.detail,
        )
        for each in entries
    ]
    return AuditPage(shown, shown[-1].seq if len(shown) == limit else None)


def _may(caller: Caller, games: Any) -> bool:
    """Whether keys of these games (None: of all) are the caller's to make and revoke."""
    if games is None:
        return caller.may("keys")
    return all(caller.may("keys", game) for game in games)


def _answer(key: Key) -> KeyAnswer:
    return KeyAnswer(
        id=key.id,
        label=key.label,
        games=list(key.games) if key.games is not None else None,
        scopes=list(key.scopes),
        per_minute=key.per_minute,
        made_by=key.made_by,
        created_at=to_datetime(key.created_at),
        last_used_at=to_datetime_or_none(key.last_used_at),
        revoked_at=to_datetime_or_none(key.revoked_at),
    )


ROUTES: Final[list[BaseRouteHandler]] = [get_caller, get_keys, make_key, revoke_key, get_audit]
