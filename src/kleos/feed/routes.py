"""Where the feed is mounted."""

from typing import Final

from litestar import asgi
from litestar.handlers import ASGIRouteHandler
from litestar.types import Receive, Scope, Send

from kleos.feed.socket import serve_socket


@asgi("/v1/feed", copy_scope=False)
async def feed(scope: Scope, receive: Receive, send: Send) -> None:
    """Plain WebSocket."""
    await serve_socket(scope["litestar_app"].state.feed, scope, receive, send)


@asgi("/socket.io", is_mount=True, copy_scope=False)
async def socket_io(scope: Scope, receive: Receive, send: Send) -> None:
    """Socket.IO."""
    await scope["litestar_app"].state.socketio(scope, receive, send)


ROUTES: Final[list[ASGIRouteHandler]] = [feed, socket_io]
