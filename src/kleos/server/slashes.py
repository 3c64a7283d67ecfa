"""Ids that hold a slash: `%2F` in a path stays inside its segment, though ASGI hands the path over decoded."""

from typing import Any, Final
from urllib.parse import unquote

from litestar import Litestar, Request
from litestar.types import Receive, Scope, Send

_STAND_IN: Final = "\udc2f"
"""Half a surrogate pair, which no decoded path can hold."""
_MARK: Final = "kleos.slashes"


class SlashKeepingApp(Litestar):
    """Routes a path with an encoded slash as if the slash were any other character."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and b"%2" in scope["raw_path"]:
            _keep_slashes(scope)
        await super().__call__(scope, receive, send)


class SlashRestoringRequest(Request[Any, Any, Any]):
    """Gives handlers the id as it was meant."""

    __slots__ = ()

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _MARK in scope:
            found: dict[str, Any] = scope["path_params"]
            scope["path_params"] = {
                name: text.replace(_STAND_IN, "/") if isinstance(text, str) else text for name, text in found.items()
            }
            scope["path"] = scope["path"].replace(_STAND_IN, "/")
        super().__init__(scope, receive, send)


def _keep_slashes(scope: Any) -> None:
    raw: str = scope["raw_path"].decode("ascii", "replace")
    segments = raw.replace("%2f", "%2F").split("%2F")
    if len(segments) > 1:
        scope["path"] = _STAND_IN.join(unquote(segment) for segment in segments)
        scope[_MARK] = True
