"""The routes of definitions: the one in force, its versions, and changing it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get, post, put
from litestar.handlers import BaseRouteHandler
from litestar.params import PathParameter, QueryParameter

from kleos.core.definition.changes import Changes
from kleos.core.errors import BadInput
from kleos.core.windows import iso, to_datetime
from kleos.definitions.answers import Preview
from kleos.definitions.change import put_definition as change
from kleos.definitions.change import try_definition
from kleos.definitions.versions import Version, compare_texts, kept_version, text_difference, versions_of
from kleos.engine.catalog import Origin
from kleos.engine.engine import Engine
from kleos.jobs.api import JobAnswer, job_answer
from kleos.server.auth.audit import audit
from kleos.server.auth.caller import caller_of
from kleos.server.auth.guards import requires
from kleos.server.bodies import read_body
from kleos.server.openapi import BODY, KEY, TAKES_A_DEFINITION, problems
from kleos.server.parameters import GameName, TheEngine

MAX_DEFINITION_BYTES: Final = 1024 * 1024
_LARGEST_VERSION: Final = 2**31 - 1
_USUAL_WAIT_S: Final = 10.0

VersionNumber = Annotated[int, PathParameter(ge=1, le=_LARGEST_VERSION, description="A version's number.")]
DryRun = Annotated[bool, QueryParameter(description="Only say what would change.")]
Wait = Annotated[
    float, QueryParameter(ge=0, le=60, description="Seconds to wait for a job that fills what is new from the log.")
]


class ChangeAnswer(msgspec.Struct):
    """One difference: ``table`` and ``key`` name it as the file does."""

    kind: str
    table: str
    key: str
    text: str


class PutDefinition(msgspec.Struct):
    """``version`` is the one in force now: null where a dry run asked about a game that is not there yet.

    ``problems`` is what forbids the change, ``refold`` the sheets computed anew from the log, ``rejudge`` the
    achievements whose awards are. ``preview`` is what a dry run measured; ``job`` what still works at the change.
    """

    game: str
    version: int | None
    dry_run: bool
    changes: list[ChangeAnswer]
    problems: list[str]
    refold: list[str]
    rejudge: list[str]
    preview: Preview | None = None
    job: JobAnswer | None = None


class VersionAnswer(msgspec.Struct):
    """``restores`` is the earlier version that this one brought back; ``counts_from``, by achievement that counts from
    the day of its coming, that day."""

    version: int
    in_force: bool
    created_at: datetime
    actor: str | None
    restores: int | None
    size_bytes: int
    counts_from: dict[str, str]


class Versions(msgspec.Struct):
    """Newest first."""

    game: str
    versions: list[VersionAnswer]


class DefinitionDiff(msgspec.Struct):
    """``text`` is the difference of the files, as `diff -u` shows it; ``problems`` is what forbids such a change."""

    game: str
    before: int = msgspec.field(name="from")
    after: int = msgspec.field(name="to")
    changes: list[ChangeAnswer]
    problems: list[str]
    text: str


@get(
    "/v1/games/{game:str}/definition",
    tags=["games"],
    summary="A game's file",
    guards=[requires("read")],
    security=KEY,
    media_type="application/toml",
    responses=problems(400, 401, 403, 404),
)
async def get_definition(
    engine: TheEngine,
    game: GameName,
    version: Annotated[
        int | None, QueryParameter(ge=1, le=_LARGEST_VERSION, description="An earlier one; else the one in force.")
    ] = None,
) -> Response[str]:
    """The TOML as it was put. It needs a key because it tells what achievements hide and what checks look for."""
    in_force = engine.game(game)
    source = in_force.definition.source
    if version is not None:
        source = (await kept_version(engine.pool, game, version)).source
    return _toml(source, version or in_force.version)


@get(
    "/v1/games/{game:str}/definition/versions",
    tags=["games"],
    summary="The versions of a game's file",
    guards=[requires("read")],
    security=KEY,
    responses=problems(400, 401, 403, 404),
)
async def get_versions(engine: TheEngine, game: GameName) -> Versions:
    """Every version that was ever in force: when, by whom."""
    return Versions(game, [_version(each) for each in await versions_of(engine.pool, engine.game(game).name)])


@get(
    "/v1/games/{game:str}/definition/versions/{version:int}",
    tags=["games"],
    summary="One version of a game's file",
    guards=[requires("read")],
    security=KEY,
    media_type="application/toml",
    responses=problems(400, 401, 403, 404),
)
async def get_version(engine: TheEngine, game: GameName, version: VersionNumber) -> Response[str]:
    """The TOML as it was put."""
    return _toml((await kept_version(engine.pool, engine.game(game).name, version)).source, version)


@get(
    "/v1/games/{game:str}/definition/diff",
    tags=["games"],
    summary="Two versions compared",
    guards=[requires("read")],
    security=KEY,
    responses=problems(400, 401, 403, 404, 422),
)
async def get_diff(
    engine: TheEngine,
    game: GameName,
    to: Annotated[
        int | None, QueryParameter(ge=1, le=_LARGEST_VERSION, description="Else the version in force.")
    ] = None,
    from_: Annotated[
        int | None, QueryParameter(name="from", ge=1, le=_LARGEST_VERSION, description="Else the one before `to`.")
    ] = None,
) -> DefinitionDiff:
    """What going from one version to the other changes."""
    after = to if to is not None else engine.game(game).version
    before = from_ if from_ is not None else max(after - 1, 1)
    old, new = [(await kept_version(engine.pool, game, number)).source for number in (before, after)]
    changes = compare_texts(game, old, new)
    text = text_difference(old, new, f"{game}.toml (version {before})", f"{game}.toml (version {after})")
    return DefinitionDiff(game, before, after, _changes(changes), _problems(changes), text)


@put(
    "/v1/games/{game:str}/definition",
    tags=["games"],
    summary="Put a game's file in force",
    guards=[requires("manage")],
    security=KEY,
    request_max_body_size=None,
    operation_class=TAKES_A_DEFINITION,
    responses=problems(400, 401, 403, 409, 415, 422, *BODY),
)
async def put_definition(
    request: Request[Any, Any, Any],
    engine: TheEngine,
    game: GameName,
    dry_run: DryRun = False,
    wait_s: Wait = _USUAL_WAIT_S,
) -> Response[PutDefinition]:
    """The body is the TOML. A new game begins with it; a game that runs takes its new columns from the log.

    Every mistake is listed at once, and then nothing has changed. With `dry_run` the log is folded as the new version
    would fold it, and the answer tells what would become of columns, boards and awards. Where filling takes longer than
    `wait_s` the answer is 202, with the job that goes on.
    """
    source = await _source(request)
    return await _put(request, engine, game, source, Origin(engine.now(), caller_of(request).name), dry_run, wait_s)


@post(
    "/v1/games/{game:str}/definition/versions/{version:int}/restore",
    tags=["games"],
    summary="Put an earlier version in force again",
    status_code=200,
    guards=[requires("manage")],
    security=KEY,
    responses=problems(400, 401, 403, 404, 409, 422),
)
async def restore_version(
    request: Request[Any, Any, Any],
    engine: TheEngine,
    game: GameName,
    version: VersionNumber,
    dry_run: DryRun = False,
    wait_s: Wait = _USUAL_WAIT_S,
) -> Response[PutDefinition]:
    """As putting its file would, under a new number. Achievements that count from the day of their coming count from
    when they did."""
    kept = await kept_version(engine.pool, engine.game(game).name, version)
    origin = Origin(engine.now(), caller_of(request).name, version, kept.counts_from)
    return await _put(request, engine, game, kept.source, origin, dry_run, wait_s)


async def _put(
    request: Request[Any, Any, Any],
    engine: Engine,
    game: str,
    source: str,
    origin: Origin,
    dry_run: bool,
    wait_s: float,
) -> Response[PutDefinition]:
    if dry_run:
        tried = await try_definition(engine, game, source, origin)
        version = tried.before.version if tried.before is not None else None
        return Response(_answer(game, version, True, tried.changes, preview=tried.preview), status_code=200)
    done = await change(engine, request.app.state.jobs, game, source, origin, wait_s)
    version = done.game.version if done.game is not None else None
    detail: Mapping[str, Any] = {} if origin.restores is None else {"restores": origin.restores}
    await audit(request, "definition.put", game, game, version=version, **detail)
    job = job_answer(done.job) if done.job is not None else None
    answer = _answer(game, version, False, done.changes, job=job)
    return Response(answer, status_code=200 if job is None else 202)


async def _source(request: Request[Any, Any, Any]) -> str:
    body = await read_body(request, MAX_DEFINITION_BYTES)
    try:
        source = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"the definition is not UTF-8: byte {error.start} begins no character") from None
    if "\0" in source:
        raise BadInput("the definition holds a NUL character")
    return source


def _answer(
    game: str,
    version: int | None,
    dry_run: bool,
    changes: Changes,
    preview: Preview | None = None,
    job: JobAnswer | None = None,
) -> PutDefinition:
    refold, rejudge = list(changes.refold), list(changes.rejudge)
    return PutDefinition(game, version, dry_run, _changes(changes), _problems(changes), refold, rejudge, preview, job)


def _changes(changes: Changes) -> list[ChangeAnswer]:
    return [ChangeAnswer(change.kind, change.table, change.key, change.text) for change in changes.changes]


def _problems(changes: Changes) -> list[str]:
    return [str(problem) for problem in changes.refused]


def _version(version: Version) -> VersionAnswer:
    return VersionAnswer(
        version.version,
        version.in_force,
        to_datetime(version.created_at),
        version.actor,
        version.restores,
        version.size_bytes,
        {name: iso(at) for name, at in version.counts_from.items()},
    )


def _toml(source: str, version: int) -> Response[str]:
    return Response(source, media_type="application/toml", headers={"Kleos-Version": str(version)})


ROUTES: Final[list[BaseRouteHandler]] = [
    get_definition,
    put_definition,
    get_versions,
    get_version,
    get_diff,
    restore_version,
]
