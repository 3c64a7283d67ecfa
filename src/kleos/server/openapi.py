"""The OpenAPI document: what routes say of their bodies, answers and failures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from litestar import Request, Router, get
from litestar.handlers import BaseRouteHandler
from litestar.openapi import ResponseSpec
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import (
    Components,
    OpenAPIFormat,
    OpenAPIMediaType,
    OpenAPIType,
    Operation,
    RequestBody,
    Schema,
    SecurityScheme,
    Tag,
)
from litestar.routes import BaseRoute
from litestar.types import ControllerRouterHandler

from kleos import __version__
from kleos.core.ids import MAX_ID_CHARACTERS
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

BODY: Final = (408, 413)
"""What can be wrong with the sending of any body."""

TAGS: Final = {
    "events": "What games report.",
    "games": "Games, their definitions and their seasons.",
    "boards": "Rankings.",
    "sheets": "Tables of stats.",
    "achievements": "Conditions, and the awards of those who met them.",
    "matches": "Matches and their events.",
    "players": "Profiles, and everything about one player.",
    "moderation": "Corrections, which can be undone: voids, bans, merges, what is in quarantine.",
    "accounts": "People: logging in, and one's own account.",
    "jobs": "Work that takes its time: rebuilds, archiving, verifying, changes of a definition.",
    "keys": "Keys of game servers, and who changed what.",
    "golf stats": "The documented API of card game stats.",
    "arcade leaderboard": "The documented API of a leaderboard of total scores.",
    "achievement platform": "The documented API of achievements over many games.",
    "server": "Whether the server lives.",
}

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


def answered(type: Any, media_type: str = "application/json") -> Mapping[int, ResponseSpec]:
    """What a route answers that hands over bytes, and whose signature does not tell."""
    spec = ResponseSpec(
        data_container=type, description="As asked for.", media_type=media_type, generate_examples=False
    )
    return {200: spec}


@dataclass
class _EventsOperation(Operation):
    """Reads its body itself."""

    def __post_init__(self) -> None:
        event = Schema(
            type=OpenAPIType.OBJECT,
            required=["type"],
            properties={
                "type": Schema(type=OpenAPIType.STRING, description="One of the game's event types."),
                "id": Schema(type=[OpenAPIType.STRING, OpenAPIType.NULL], max_length=MAX_ID_CHARACTERS),
                "match": Schema(type=[OpenAPIType.STRING, OpenAPIType.NULL], max_length=MAX_ID_CHARACTERS),
                "at": Schema(type=[OpenAPIType.STRING, OpenAPIType.NULL], format=OpenAPIFormat.DATE_TIME),
            },
            description="The fields of its type stand beside these.",
        )
        events = Schema(any_of=[event, Schema(type=OpenAPIType.ARRAY, items=event)])
        lines = Schema(type=OpenAPIType.STRING, description="One JSON object a line.")
        self.request_body = RequestBody(
            required=True,
            content={
                "application/json": OpenAPIMediaType(schema=events),
                "application/x-ndjson": OpenAPIMediaType(schema=lines),
            },
        )


@dataclass
class _DefinitionOperation(Operation):
    """Reads its body itself."""

    def __post_init__(self) -> None:
        file = Schema(type=OpenAPIType.STRING, description="The definition.")
        self.request_body = RequestBody(required=True, content={"application/toml": OpenAPIMediaType(schema=file)})


TAKES_EVENTS: Final = _EventsOperation
TAKES_A_DEFINITION: Final = _DefinitionOperation


def openapi_config() -> OpenAPIConfig:
    """The document alone; :mod:`kleos.server.pages` shows it."""
    return OpenAPIConfig(
        title="Kleos",
        version=__version__,
        description="A game reports what happened; Kleos turns that into stats, rankings and awards. "
        "Reading is public; writing needs a key (`Authorization: Bearer …`). Errors are RFC 9457 problems.",
        render_plugins=[],
        openapi_router=_NoPages("/", route_handlers=[], include_in_schema=False),
        use_handler_docstrings=True,
        tags=[Tag(name=name, description=text) for name, text in TAGS.items()],
        components=Components(security_schemes={"key": SecurityScheme(type="http", scheme="bearer")}),
    )


class _NoPages(Router):
    """Litestar would serve pages of its own, and one for what is not there: that is a problem, as everywhere."""

    def register(self, value: ControllerRouterHandler) -> list[BaseRoute]:
        return []


_KEPT: Final = "openapi_json"


@get("/openapi.json", media_type=_json.media_type, include_in_schema=False, sync_to_thread=False)
def openapi_json(request: Request[Any, Any, Any]) -> bytes:
    """Written once: it takes a tenth of a second, in which nobody else is answered, and never changes."""
    state = request.app.state
    if _KEPT not in state:
        state[_KEPT] = _json.render(request, request.app.openapi_schema.to_schema())
    written: bytes = state[_KEPT]
    return written


ROUTES: Final[list[BaseRouteHandler]] = [openapi_json]
