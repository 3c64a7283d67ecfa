"""Every failure as one answer: RFC 9457 ``application/problem+json``, whatever went wrong and wherever."""

import logging
from collections.abc import Mapping
from difflib import get_close_matches
from http import HTTPStatus
from typing import Any, Final

import asyncpg
import msgspec
from litestar import Request, Response
from litestar.enums import HttpMethod
from litestar.exceptions import HTTPException, ValidationException

from kleos.core.errors import BadInput, Conflict, DefinitionError, KleosError, NotFound, TooLarge, Unavailable
from kleos.core.wording import worded
from kleos.log.archive.location import ArchiveDamaged
from kleos.server.validation import Mistake, mistakes
from kleos.store.pool import unavailable

PROBLEM_JSON: Final = "application/problem+json"
_KNOWN_NAMES_SHOWN: Final = 50

_log = logging.getLogger("kleos.server")


class Problem(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A failure (RFC 9457). ``type`` is stable, for programs; ``detail`` is for people; the rest varies."""

    type: str
    title: str
    status: int
    detail: str
    where: str | None = None
    known: list[str] | None = None
    did_you_mean: str | None = None
    problems: list[dict[str, str | None]] | None = None
    errors: list[Mistake] | None = None
    retry_after_s: float | None = None


class Refused(Exception):
    """A request that is turned away for how it was sent: its size, its encoding, its key."""

    def __init__(self, status: int, kind: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.headers = dict(headers or {})


def problem(status: int, kind: str, detail: str, **extras: Any) -> Problem:
    return Problem(
        type=f"urn:kleos:problem:{kind}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        **extras,
    )


def answer(body: Problem, headers: Mapping[str, str] | None = None) -> Response[bytes]:
    return Response(
        msgspec.json.encode(body),
        status_code=body.status,
        media_type=PROBLEM_JSON,
        headers=dict(headers or {}),
    )


def to_response(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The handler of every exception that leaves a route, and of requests that reach none."""
    if isinstance(error, KleosError):
        return _of_kleos(error)
    if isinstance(error, Refused):
        return answer(problem(error.status, error.kind, error.detail), error.headers)
    if isinstance(error, HTTPException):
        return _of_litestar(request, error)
    away = unavailable(error)
    if away is not None:
        _log.warning("%s: %s", away, error)
        return _unavailable(f"{away}; the same request may be sent again", away.retry_after_s)
    if isinstance(error, (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError, UnicodeError)):
        return answer(problem(400, "bad-input", "the request holds a character that is no text, such as NUL"))
    if isinstance(error, RecursionError):
        return answer(problem(400, "bad-input", "the request is nested too deep"))
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return answer(problem(500, "internal", "something went wrong here; the server's log has the details"))


def _of_kleos(error: KleosError) -> Response[bytes]:
    if isinstance(error, NotFound):
        return _not_found(error)
    if isinstance(error, BadInput):
        return answer(problem(400, "bad-input", str(error), where=error.where or None))
    if isinstance(error, TooLarge):
        return answer(problem(413, "too-large", str(error)))
    if isinstance(error, Conflict):
        return answer(problem(409, "conflict", str(error)))
    if isinstance(error, Unavailable):
        return _unavailable(str(error), error.retry_after_s)
    if isinstance(error, DefinitionError):
        return _of_definition(error)
    if isinstance(error, ArchiveDamaged):
        _log.error("%s", error)
        return answer(problem(500, "archive-damaged", error.told))
    return answer(problem(400, "refused", str(error)))


def _not_found(error: NotFound) -> Response[bytes]:
    near = get_close_matches(error.name, error.known, n=1)
    detail = f"there is no {error.what} {error.name!r}"
    if near:
        detail += f"; did you mean {near[0]!r}?"
    elif error.known:
        detail += "; there is " + ", ".join(error.known[:_KNOWN_NAMES_SHOWN])
    known = list(error.known[:_KNOWN_NAMES_SHOWN]) or None
    return answer(problem(404, "not-found", detail, known=known, did_you_mean=near[0] if near else None))


def _unavailable(detail: str, retry_after_s: float) -> Response[bytes]:
    body = problem(503, "unavailable", detail, retry_after_s=retry_after_s)
    return answer(body, {"Retry-After": str(max(1, round(retry_after_s)))})


def _of_definition(error: DefinitionError) -> Response[bytes]:
    problems = [
        {"file": each.file, "table": each.table, "key": each.key, "message": each.message, "mend": each.mend}
        for each in error.problems
    ]
    count = len(problems)
    detail = f"the definition has {count} mistake{'s' * (count != 1)}; each comes with what would be right"
    return answer(problem(422, "definition", detail, problems=problems))


def _of_litestar(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    status = error.status_code
    if isinstance(error, ValidationException):
        return _of_validation(request, error)
    if status == HTTPStatus.NOT_FOUND:
        return answer(problem(404, "no-route", f"there is nothing at {request.scope['path']}; /docs lists every route"))
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = ", ".join(_methods(request))
        detail = f"{request.method} does not work at {request.scope['path']}; what does: {allowed}"
        return answer(problem(405, "method-not-allowed", detail), {"Allow": allowed})
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return answer(problem(500, "internal", "something went wrong here; the server's log has the details"))
    return answer(problem(status, "bad-request", worded(error.detail)), error.headers)


def _of_validation(request: Request[Any, Any, Any], error: ValidationException) -> Response[bytes]:
    found = mistakes(request.route_handler, error)
    said = "; ".join(map(str, found)) or worded(error.detail)
    where = found[0].key or None if found else None
    return answer(problem(400, "bad-input", said, where=where, errors=found or None))


def _methods(request: Request[Any, Any, Any]) -> list[str]:
    router = request.app.asgi_router
    return [method.value for method in HttpMethod if _routes(router, request.scope["path"], method)]


def _routes(router: Any, path: str, method: HttpMethod) -> bool:
    try:
        router.handle_routing(path=path, method=method.value)
    except HTTPException:
        return False
    return True
