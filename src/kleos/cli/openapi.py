"""`kleos openapi`: the description of the HTTP API, as the server gives it at `/openapi.json`."""

import json
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from kleos.cli.output import JsonAnyway, say
from kleos.engine.engine import Engine
from kleos.server.app import create_app


def openapi(
    *,
    out: Annotated[Path | None, Parameter(name="--out", help="File to write; else stdout.")] = None,
    as_json: JsonAnyway = True,
) -> None:
    """Print the OpenAPI document of this version: for generators of clients. Needs no server and no database.

    For example:

        kleos openapi --out openapi.json
    """
    document = json.dumps(create_app(_no_engine).openapi_schema.to_schema(), indent=2, sort_keys=True, default=str)
    if out is None:
        say(document)
    else:
        out.write_text(document + "\n", "utf-8")


def _no_engine() -> AbstractAsyncContextManager[Engine]:
    raise AssertionError("nothing is served, so no engine is opened")
