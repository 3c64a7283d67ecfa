"""The addresses of the UI: each page is the same document, and the files that it loads."""

from typing import Any, Final

import msgspec
from litestar import MediaType, Request, Response, get
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from kleos.core.errors import NotFound
from kleos.engine.description import decimals_of
from kleos.server.parameters import TheEngine
from kleos.web.files import BUILT, FRESH, IMMUTABLE, File, read_files

PAGES: Final = ["/", "/index.html", "/g/{path:path}", "/p/{path:path}", "/manage", "/manage/{path:path}", "/me"]
FILES: Final = ["/assets/{path:path}", "/favicon.svg", "/robots.txt", "/theme.js", "/kleos-board.js"]

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: https:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_ANY_SITE: Final = {"Access-Control-Allow-Origin": "*"}
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


@get(PAGES, include_in_schema=False, sync_to_thread=False)
def page(request: AnyRequest) -> Response[bytes]:
    """Which page it is, the script reads from the address."""
    document = _site.file("/index.html") or File.of(_NOT_BUILT.encode(), "text/html", FRESH)
    return _answer(request, document, {"Content-Security-Policy": CONTENT_SECURITY_POLICY})


@get(FILES, include_in_schema=False, sync_to_thread=False)
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
    headers = {**headers, "Cache-Control": found.cache, "ETag": found.etag, "Vary": "Accept-Encoding"}
    if found.cache != IMMUTABLE and request.headers.get("If-None-Match") == found.etag:
        return Response(b"", status_code=304, headers=headers, media_type=found.media_type)
    content, encoding = found.best(request.headers.get("Accept-Encoding", ""))
    if encoding is not None:
        headers["Content-Encoding"] = encoding
    return Response(content, headers=headers, media_type=found.media_type)


ROUTES: Final[list[BaseRouteHandler]] = [page, file, embedded]
