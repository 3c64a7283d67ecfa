"""Law 4: the core does no I/O, reads no clock, draws no random number, imports nothing from the rest of the package."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

import kleos.core

CORE: Final = Path(kleos.core.__file__).parent
FILES: Final = sorted(CORE.rglob("*.py"))

ALLOWED: Final = frozenset(
    {
        "__future__",
        "ast",
        "collections",
        "collections.abc",
        "dataclasses",
        "datetime",
        "difflib",
        "enum",
        "functools",
        "graphlib",
        "itertools",
        "keyword",
        "math",
        "msgspec",
        "operator",
        "re",
        "tomllib",
        "types",
        "typing",
        "zoneinfo",  # reads the tables of time zones, which are part of the calendar
    }
)
"""Of the world outside the core: what computes and does nothing else."""

ALLOWED_NAMES: Final = {"uuid": frozenset({"NAMESPACE_URL", "UUID", "uuid5"})}
"""Of modules that do more: what computes."""

IMPURE_CALLS: Final = frozenset({"open", "input", "print", "breakpoint", "__import__", "id", "hash", "globals"})
CLOCKS: Final = frozenset({"now", "utcnow", "today", "time", "time_ns", "monotonic", "perf_counter"})
CLOCKED: Final = frozenset({"datetime", "date", "time"})


def offences(source: str) -> Iterator[str]:
    """What in this source could do or know anything beyond its arguments."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (f"{node.lineno}: imports {name.name}" for name in node.names if not _is_allowed(name.name))
        elif isinstance(node, ast.ImportFrom):
            names = {name.name for name in node.names}
            is_allowed = _is_allowed(node.module or "") or names <= ALLOWED_NAMES.get(node.module or "", frozenset())
            if node.level or not is_allowed:
                yield f"{node.lineno}: imports from {'.' * node.level}{node.module}"
        elif isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name) and called.id in IMPURE_CALLS:
                yield f"{node.lineno}: calls {called.id}()"
            if isinstance(called, ast.Attribute) and called.attr in CLOCKS and _root(called.value) in CLOCKED:
                yield f"{node.lineno}: reads a clock, .{called.attr}()"
        elif isinstance(node, ast.Global):
            yield f"{node.lineno}: changes a global, {', '.join(node.names)}"
        elif isinstance(node, ast.AsyncFunctionDef | ast.Await):
            yield f"{node.lineno}: waits for something"


def _is_allowed(module: str) -> bool:
    return module in ALLOWED or module == "kleos.core" or module.startswith("kleos.core.")


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(CORE)))
def test_a_file_of_the_core_is_pure(file: Path) -> None:
    assert list(offences(file.read_text("utf-8"))) == []


def test_the_whole_core_was_looked_at() -> None:
    names = {str(file.relative_to(CORE)) for file in FILES}
    assert {"fold.py", "merge.py", "windows.py", "completion.py", "expression/python.py", "definition/load.py"} <= names


@pytest.mark.parametrize(
    "source",
    [
        "import os",
        "import kleos.store.pool",
        "from kleos.log import sql",
        "from ..log import sql",
        "from random import random",
        "import secrets",
        "from uuid import uuid4",
        "import time",
        "from datetime import datetime\nat = datetime.now()",
        "import datetime\nat = datetime.datetime.utcnow()",
        "open('a')",
        "hash('a')",
        "def f():\n    global a\n    a = 1",
        "async def f(): ...",
    ],
)
def test_what_is_not_pure_is_found(source: str) -> None:
    assert list(offences(source))
