"""What a page's document shows until its script has come: the page before any answer, as the build has drawn it."""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

from kleos.web.files import BUILT
from kleos.web.preloads import page_of

MARKER: Final = b"<!-- shape -->"
SHAPES: Final = "shapes.json"


def shape_of(segments: Sequence[str]) -> str:
    """Of the page at this address; empty for a page that looks different to each who asks, and where there is none."""
    return _shapes(BUILT / SHAPES).get(page_of(segments)[0], "")


@lru_cache(maxsize=1)
def _shapes(path: Path) -> Mapping[str, str]:
    found: Mapping[str, str] = json.loads(path.read_bytes()) if path.is_file() else {}
    return found
