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


ROUTES: Final[list[ASGIRouteHandler]] = [feed]
