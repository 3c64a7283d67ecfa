"""Numbers as the documents show them."""

import math
from typing import Any


def one_decimal(value: Any) -> Any:
    """A float with one decimal, halves up; what is no float stays."""
    return rounded(value, 1) if isinstance(value, float) else value


def rounded(value: float, decimals: int) -> float:
    scale = float(10**decimals)
    return math.floor(value * scale + 0.5) / scale
