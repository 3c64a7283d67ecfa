"""A site of somebody else, of another origin, that shows a board."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from tests.web.site import Golf

PAGE: Final = """<!doctype html>
<html lang="en"><head><title>A fan page</title>
<script type="module" src="{url}/kleos-board.js"></script>
<style>body {{ background: #fff; --kleos-ground: rgb(1, 2, 3); }}
body {{ --kleos-down: rgb(4, 5, 6); --kleos-link: rgb(7, 8, 9); }}</style></head>
<body><h1>We love golf</h1>
<kleos-board game="{game}" board="wins" limit="2"></kleos-board>
<kleos-board game="{game}" board="none"></kleos-board>
<kleos-board game="{game}" board="wins" window="fortnight"></kleos-board>
<kleos-board game="{game}" board="wins" partition="colour=red"></kleos-board>
<kleos-board game="{game}" board="wins" window="season"></kleos-board>
</body></html>
"""
POLICY: Final = "default-src 'none'; script-src {url}; connect-src {url} {ws}; style-src 'unsafe-inline'"


@asynccontextmanager
async def fan_page(golf: Golf) -> AsyncIterator[str]:
    """Its address. Its policy lets in Kleos and nothing else."""
    url = golf.site.url
    body = PAGE.format(url=url, game=golf.name).encode()
    policy = POLICY.format(url=url, ws=url.replace("http", "ws", 1))

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n"
        writer.write(f"{head}Content-Security-Policy: {policy}\r\nConnection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "localhost", 0)
    try:
        yield f"http://localhost:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
