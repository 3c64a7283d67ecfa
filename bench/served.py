"""The process that :mod:`bench.serving` starts: settings from the environment, any port, its address on a line."""

from __future__ import annotations

import uvloop

from kleos.server.app import create_app, open_engine
from kleos.server.serving import listen, serve_app
from kleos.settings import Settings, read_settings


async def main(settings: Settings) -> None:
    app = create_app(lambda: open_engine(settings), settings.admin_key)
    with listen("127.0.0.1", 0) as listening:
        await serve_app(app, listening, lambda address: print(address, flush=True))


if __name__ == "__main__":
    uvloop.run(main(read_settings()))
