"""The OpenAPI document, and the two pages that show it."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Request, Router, get
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.openapi import ResponseSpec
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, RedocRenderPlugin, SwaggerRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme, Tag
from litestar.routes import BaseRoute
from litestar.types import ControllerRouterHandler

from kleos import __version__
from kleos.server.errors import PROBLEM_JSON, Problem

_MEANINGS: Final = {
    400: "Something in the request cannot be used; `where` names it.",
    401: "This needs a key or a token.",
    403: "The key or token does not have the right to do this.",
    404: "It does not exist; `known` and `did_you_mean` say what does.",
    409: "It contradicts what is there already.",
    408: "The body took too long.",
    413: "Too large.",
    415: "The content encoding is not understood.",
    422: "The definition has mistakes, all of them in `problems`.",
    429: "Too many; `Retry-After` says when to come back.",
    503: "Something that Kleos needs does not answer now; send the same request again.",
}

KEY: Final[list[dict[str, list[str]]]] = [{"key": []}]
"""The security requirement of every route that writes."""

TAGS: Final = {
    "events": "What games report.",
    "games": "Games, their definitions and their seasons.",
    "boards": "Rankings.",
    "sheets": "Tables of stats.",
    "achievements": "Conditions, and the awards of those who met them.",
    "matches": "Matches and their events.",
    "players": "Profiles, and everything about one player.",
    "accounts": "People: logging in, and one's own account.",
    "keys": "Keys of game servers, and who changed what.",
    "golf stats": "The documented API of card game stats.",
    "arcade leaderboard": "The documented API of a leaderboard of total scores.",
    "achievement platform": "The documented API of achievements over many games.",
    "server": "Whether the server lives.",
}

_swagger = SwaggerRenderPlugin(path="/")
_redoc = RedocRenderPlugin(path="/redoc", google_fonts=False)
_json = JsonRenderPlugin(path="/openapi.json")


def problems(*statuses: int) -> Mapping[int, ResponseSpec]:
    """What a route documents of its failures; 429 and 503 belong to all of them."""
    return {
        status: ResponseSpec(
            data_container=Problem,
            description=_MEANINGS[status],
            media_type=PROBLEM_JSON,
            generate_examples=False,
        )
        for status in dict.fromkeys((*statuses, 429, 503))
    }


class _DocsRouter(Router):
    """Without Litestar's own HTML page for what is not there: that is a problem, as everywhere."""

    def register(self, value: ControllerRouterHandler) -> list[BaseRoute]:
        if isinstance(value, HTTPRouteHandler) and "/{path:str}" in value.paths:
            return []
        return super().register(value)


def openapi_config() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Kleos",
        version=__version__,
        description="A game reports what happened; Kleos turns that into stats, rankings and awards. "
        "Reading is public; writing needs a key (`Authorization: Bearer …`). Errors are RFC 9457 problems.",
        path="/docs",
        render_plugins=[_swagger],
        openapi_router=_DocsRouter("/docs", route_handlers=[], include_in_schema=False),
        use_handler_docstrings=True,
        tags=[Tag(name=name, description=text) for name, text in TAGS.items()],
        components=Components(security_schemes={"key": SecurityScheme(type="http", scheme="bearer")}),
    )


@get("/redoc", media_type=_redoc.media_type, include_in_schema=False, sync_to_thread=False)
def redoc(request: Request[Any, Any, Any]) -> bytes:
    return _redoc.render(request, request.app.openapi_schema.to_schema())


@get("/openapi.json", media_type=_json.media_type, include_in_schema=False, sync_to_thread=False)
def openapi_json(request: Request[Any, Any, Any]) -> bytes:
    return _json.render(request, request.app.openapi_schema.to_schema())


ROUTES: Final[list[BaseRouteHandler]] = [redoc, openapi_json]
