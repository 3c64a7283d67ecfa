"""Where the feed is mounted: before the routes of HTTP, through which an idle socket would drag a dozen frames."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from litestar.datastructures import State

from kleos.feed.socket import serve_socket

WEBSOCKET_PATH: Final = "/v1/feed"
SOCKETIO_PATH: Final = "/socket.io"

App = Callable[[Any, Any, Any], Awaitable[None]]


def feed_first(state: State, app: App) -> App:
    """The application with the feed of ``state`` before it."""

    def route(scope: Any, receive: Any, send: Any) -> Awaitable[None]:
        kind = scope["type"]
        if kind == "lifespan":
            return app(scope, receive, send)
        path: str = scope["path"]
        if path == WEBSOCKET_PATH and kind == "websocket":
            return serve_socket(state.feed, scope, receive, send)
        if path == SOCKETIO_PATH or path.startswith(SOCKETIO_PATH + "/"):
            answer: Awaitable[None] = state.socketio(scope, receive, send)
            return answer
        return app(scope, receive, send)

    return route
