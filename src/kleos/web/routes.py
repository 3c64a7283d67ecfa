"""The addresses of the UI: each page is one document with a head of its own, the files that it loads, and pictures."""

from typing import Any, Final
from urllib.parse import unquote

import msgspec
from litestar import MediaType, Request, Response, get, route
from litestar.enums import HttpMethod
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from kleos.core.errors import NotFound
from kleos.engine.description import decimals_of
from kleos.server.parameters import TheEngine
from kleos.web import told
from kleos.web.cards import Card, Pictures
from kleos.web.files import BUILT, FRESH, IMMUTABLE, File, read_files
from kleos.web.head import filled, head_of, origin_of
from kleos.web.policy import policy_of
from kleos.web.preloads import preloads_of
from kleos.web.shapes import shape_of

PAGES: Final = ["/", "/index.html", "/g/{path:path}", "/p/{path:path}", "/manage", "/manage/{path:path}", "/me"]
FILES: Final = ["/assets/{path:path}", "/favicon.svg", "/robots.txt", "/kleos-board.js"]

_READ: Final = [HttpMethod.GET, HttpMethod.HEAD]
"""Who makes a preview of a link asks for the head alone first; the server leaves the body away."""
_ANY_SITE: Final = {"Access-Control-Allow-Origin": "*"}
_PICTURE: Final = ".png"
_BY_HOST: Final = {"Vary": "Accept-Encoding, Host"}
_EMBEDDED: Final = "/kleos-board.js"
_NOT_BUILT: Final = (
    "<!doctype html><title>Kleos</title><p>This Kleos runs without its web UI: "
    "<code>make web</code> builds it. The API is at <a href=/docs>/docs</a>."
)

AnyRequest = Request[Any, Any, Any]


class Site:
    """The files, read at the first request."""

    def __init__(self) -> None:
        self._files: dict[str, File] | None = None

    def file(self, path: str) -> File | None:
        if self._files is None:
            self._files = read_files(BUILT)
        return self._files.get(path)


_site: Final = Site()
_pictures: Final = Pictures()


@route(PAGES, http_method=_READ, include_in_schema=False)
async def page(request: AnyRequest, engine: TheEngine) -> Response[bytes]:
    """Which page it is, the script reads from the address; its head says what a link to it shows."""
    built = _site.file("/index.html")
    if built is None:
        document = File.of(_NOT_BUILT.encode(), "text/html", FRESH)
        policy = policy_of(b"")
    else:
        segments = _segments(request)
        head = await head_of(engine, segments, dict(request.query_params))
        origin = origin_of(request.scope["scheme"], request.headers.get("Host", ""))
        document = filled(built.content, head, origin, preloads_of(segments), shape_of(segments))
        policy = policy_of(built.content)
    return _answer(request, document, {"Content-Security-Policy": policy, **_BY_HOST})


def _segments(request: AnyRequest) -> list[str]:
    raw = request.scope["raw_path"].decode("ascii", "replace").partition("?")[0]
    return [unquote(segment) for segment in raw.strip("/").split("/")]


@route("/cards/p/{file:str}", http_method=_READ, include_in_schema=False)
async def player_card(request: AnyRequest, engine: TheEngine, file: FromPath[str]) -> Response[bytes]:
    return await _drawn(request, await told.of_player(engine, _player(file), request.query_params.get("game")))


@route("/cards/g/{game:str}/b/{board:str}/{file:str}", http_method=_READ, include_in_schema=False)
async def standing_card(
    request: AnyRequest, engine: TheEngine, game: FromPath[str], board: FromPath[str], file: FromPath[str]
) -> Response[bytes]:
    partition = dict(request.query_params)
    window = partition.pop("window", None)
    return await _drawn(request, await told.of_standing(engine, game, board, _player(file), window, partition))


@route("/cards/g/{game:str}/a/{achievement:str}/{file:str}", http_method=_READ, include_in_schema=False)
async def award_card(
    request: AnyRequest, engine: TheEngine, game: FromPath[str], achievement: FromPath[str], file: FromPath[str]
) -> Response[bytes]:
    return await _drawn(request, await told.of_award(engine, game, achievement, _player(file)))


def _player(file: str) -> str:
    if not file.endswith(_PICTURE):
        raise NotFound("picture", file)
    return file.removesuffix(_PICTURE)


async def _drawn(request: AnyRequest, card: Card) -> Response[bytes]:
    return _answer(request, await _pictures.picture(card), {"Cross-Origin-Resource-Policy": "cross-origin"})


@route(FILES, http_method=_READ, include_in_schema=False, sync_to_thread=False)
def file(request: AnyRequest) -> Response[bytes]:
    found = _site.file(request.scope["path"])
    if found is None:
        return Response(b"There is no such file.\n", status_code=404, media_type=MediaType.TEXT)
    if request.scope["path"] == _EMBEDDED:  # for other people's sites
        return _answer(
            request, found, {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
        )
    return _answer(request, found, {})


class EmbeddedBoard(msgspec.Struct):
    """What `<kleos-board>` must know of a board to show it."""

    title: str
    unit: str
    decimals: int


@get("/embed/{game:str}/{board:str}", include_in_schema=False)
async def embedded(engine: TheEngine, game: FromPath[str], board: FromPath[str]) -> Response[EmbeddedBoard | None]:
    """For any site to read, what is missing too: it is public, and no credentials go with it."""
    try:
        in_force = engine.game(game)
        declared = in_force.board(board)
    except NotFound:
        return Response(None, status_code=404, headers=_ANY_SITE)
    column = in_force.sheet(declared.sheet).columns[declared.by[0].column]
    shown = declared.presentation
    unit = shown.unit or column.presentation.unit
    answer = EmbeddedBoard(shown.title, unit, decimals_of(column, shown))
    return Response(answer, headers=_ANY_SITE)


def _answer(request: AnyRequest, found: File, headers: dict[str, str]) -> Response[bytes]:
    headers = {"Vary": "Accept-Encoding", **headers, "Cache-Control": found.cache, "ETag": found.etag}
    if found.cache != IMMUTABLE and request.headers.get("If-None-Match") == found.etag:
        return Response(b"", status_code=304, headers=headers, media_type=found.media_type)
    content, encoding = found.best(request.headers.get("Accept-Encoding", ""))
    if encoding is not None:
        headers["Content-Encoding"] = encoding
    return Response(content, headers=headers, media_type=found.media_type)


ROUTES: Final[list[BaseRouteHandler]] = [page, file, embedded, player_card, standing_card, award_card]
