"""The pages that show the OpenAPI document: Swagger UI at ``/docs``, Redoc at ``/redoc``, with nothing from elsewhere.

The scripts come from the package `drf-spectacular-sidecar`, which carries both as their makers publish them. It is made
for another framework: only its files are read, none of its code runs.
"""

import secrets
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

from litestar import MediaType, Response, get
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from kleos.core.errors import NotFound

_CARRIER: Final = "drf-spectacular-sidecar"
_STATIC: Final = "drf_spectacular_sidecar/static/drf_spectacular_sidecar"
_CARRIED: Final = {
    "swagger-ui.js": ("swagger-ui-dist/swagger-ui-bundle.js", "text/javascript"),
    "swagger-ui.css": ("swagger-ui-dist/swagger-ui.css", "text/css"),
    "redoc.js": ("redoc/bundles/redoc.standalone.js", "text/javascript"),
}
_OWN: Final = {
    "start-swagger-ui.js": (
        'SwaggerUIBundle({url: "/openapi.json", dom_id: "#page", deepLinking: true, validatorUrl: null});\n',
        "text/javascript",
    ),
    "start-redoc.js": (
        "const nonce = document.currentScript.nonce;\n"
        'Redoc.init("/openapi.json", {nonce, disableSearch: true}, document.getElementById("page"));\n',
        "text/javascript",
    ),
    "page.css": ("body { margin: 0; background: #fff; }\n", "text/css"),
}
_A_DAY: Final = {"Cache-Control": "public, max-age=86400"}

_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Kleos: the HTTP API</title>
<link rel="icon" href="data:,">
{styles}
</head>
<body>
<div id="page"></div>
{scripts}
</body>
</html>
"""


@get("/docs", include_in_schema=False, sync_to_thread=False)
def swagger_ui() -> Response[str]:
    return _page(("page.css", "swagger-ui.css"), ("swagger-ui.js", "start-swagger-ui.js"))


@get("/redoc", include_in_schema=False, sync_to_thread=False)
def redoc() -> Response[str]:
    return _page(("page.css",), ("redoc.js", "start-redoc.js"))


@get("/docs/assets/{name:str}", include_in_schema=False, sync_to_thread=False)
def get_asset(name: FromPath[str]) -> Response[bytes]:
    content, media_type = asset(name)
    return Response(content, media_type=media_type, headers=_A_DAY)


@cache
def asset(name: str) -> tuple[bytes, str]:
    """A file of the pages, with its media type."""
    if name in _OWN:
        text, media_type = _OWN[name]
        return text.encode(), media_type
    if name not in _CARRIED:
        raise NotFound("file", name, (*_CARRIED, *_OWN))
    file, media_type = _CARRIED[name]
    return Path(str(distribution(_CARRIER).locate_file(f"{_STATIC}/{file}"))).read_bytes(), media_type


def _page(styles: tuple[str, ...], scripts: tuple[str, ...]) -> Response[str]:
    """Nothing but these files runs; the styles that Redoc makes carry the nonce of the page."""
    nonce = secrets.token_urlsafe(16)
    page = _PAGE.format(
        styles="\n".join(f'<link rel="stylesheet" href="/docs/assets/{name}">' for name in styles),
        scripts="\n".join(f'<script src="/docs/assets/{name}" nonce="{nonce}"></script>' for name in scripts),
    )
    return Response(page, media_type=MediaType.HTML, headers={"Content-Security-Policy": _policy(nonce)})


def _policy(nonce: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            f"style-src 'self' 'nonce-{nonce}'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


ROUTES: Final[list[BaseRouteHandler]] = [swagger_ui, redoc, get_asset]
