"""The process that :mod:`bench.serving` starts: a server by the environment's settings, on any port, without limits of
how much one caller may ask, since one caller is all there is here.
"""

from __future__ import annotations

import uvloop

from kleos.jobs.worker import WorkerSettings
from kleos.server.app import create_app, open_engine
from kleos.server.auth.access import AccessSettings
from kleos.server.auth.limits import LimitSettings
from kleos.server.door import DoorSettings
from kleos.server.serving import listen, serve_app
from kleos.settings import Settings, read_settings

NO_LIMITS = LimitSettings(0, 0, 0, 0, 0, 0, 0)
ANYBODY = DoorSettings(most_from_address=0)


async def main(settings: Settings) -> None:
    access = AccessSettings(limits=NO_LIMITS, door=ANYBODY)
    worker = WorkerSettings() if settings.jobs == "server" else None
    app = create_app(lambda: open_engine(settings), settings.admin_key, access=access, worker=worker)
    with listen("127.0.0.1", 0) as listening:
        await serve_app(app, listening, lambda address: print(f"listens on {address}", flush=True))


if __name__ == "__main__":
    uvloop.run(main(read_settings()))
