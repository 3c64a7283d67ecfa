"""Fixtures for every test: the real-world data beside the checkout."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def find_shared() -> Path | None:
    """The folder of shared data: what `KLEOS_SHARED` names, else `../shared/data` beside the checkout."""
    named = os.environ.get("KLEOS_SHARED")
    candidates = [Path(named), Path(named) / "data"] if named else [REPOSITORY.parent / "shared" / "data"]
    return next((folder for folder in reversed(candidates) if folder.is_dir()), None)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of shared real-world data. Skips where it is absent; fails with `KLEOS_REQUIRE_SHARED=1`."""
    folder = find_shared()
    if folder is None:
        reason = "needs the shared data: put it at ../shared/data beside the checkout, or set KLEOS_SHARED"
        if os.environ.get("KLEOS_REQUIRE_SHARED"):
            pytest.fail(reason)
        pytest.skip(reason)
    return folder
