"""The reference of the HTTP API says what there is, no less and no more."""

import re
from pathlib import Path

from litestar.routes import HTTPRoute

from kleos.engine.engine import Engine
from kleos.server.app import create_app
from kleos.server.auth.guards import Needs
from kleos.store.database import Database
from kleos.web.routes import FILES, PAGES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "http.md"
HEADING = re.compile(r"^### `([A-Z]+) (\S+)`( 🔑)?$", re.MULTILINE)
OF_LITESTAR = ("/docs", "/redoc", "/openapi.json")
OF_UI = {path.replace("{path:path}", "{path}") for path in (*PAGES, *FILES)} | {"/embed/{game}/{board}"}


def routes() -> dict[tuple[str, str], bool]:
    """Every route, and whether it needs a key."""
    app = create_app(lambda: Engine.open(Database("", None)))  # type: ignore[arg-type]
    return {
        (method, route.path_format): any(isinstance(guard, Needs) for guard in handler.guards or ())
        for route in app.routes
        if isinstance(route, HTTPRoute) and not route.path_format.startswith(OF_LITESTAR)
        if route.path_format not in OF_UI and not route.path_format.startswith("/cards/")
        for method, (handler, _) in route.route_handler_map.items()
        if method != "OPTIONS"
    }


def test_every_route_is_documented_and_no_other() -> None:
    said = {(method, path): bool(key) for method, path, key in HEADING.findall(PAGE.read_text("utf-8"))}
    assert said == routes()
    assert len(said) > 25
