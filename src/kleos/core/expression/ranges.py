"""Which numbers an expression can take, told before any value is seen.

PostgreSQL and DuckDB raise an error where a float leaves its range or an int outgrows its type, and one such
row would fail a whole commit. So every number's node carries bounds, and what could leave the range is
refused when it is read.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

INT64_LOW: Final = -(2**63)
INT64_HIGH: Final = 2**63 - 1
LARGEST_BITS: Final = 1020
SMALLEST_BITS: Final = -1020
MANTISSA_BITS: Final = 52


@dataclass(frozen=True)
class IntRange:
    low: int
    high: int

    @property
    def bits(self) -> int:
        """The magnitude is at most 2**bits."""
        return max(abs(self.low), abs(self.high)).bit_length()

    @property
    def fits_int64(self) -> bool:
        return self.low >= INT64_LOW and self.high <= INT64_HIGH

    @property
    def is_safe(self) -> bool:
        return self.bits <= LARGEST_BITS


@dataclass(frozen=True)
class FloatRange:
    """A float is 0, or 2**smallest <= |x| <= 2**largest; and it is always a whole multiple of 2**grain."""

    largest: int
    smallest: int
    grain: int

    @property
    def is_safe(self) -> bool:
        return self.largest <= LARGEST_BITS and self.smallest >= SMALLEST_BITS

    @property
    def fits_int64(self) -> bool:
        return self.largest < 63


Range = IntRange | FloatRange

INT64: Final = IntRange(INT64_LOW, INT64_HIGH)
INT53: Final = IntRange(-(2**53), 2**53)
LENGTH: Final = IntRange(0, 2**32)
STORED_FLOAT: Final = FloatRange(44, -20, -72)
"""Events carry floats to 6 decimals and |x| <= 1e9; a sum of them is an int64 of millionths: below 2**44."""


def of_literal(value: int | float) -> Range:
    if isinstance(value, int):
        return IntRange(value, value)
    if value == 0:
        return FloatRange(0, 0, 0)
    exponent = math.frexp(value)[1]
    _, denominator = abs(value).as_integer_ratio()
    return FloatRange(exponent, exponent - 1, 1 - denominator.bit_length() if denominator > 1 else 0)


def to_float(value: IntRange) -> FloatRange:
    return FloatRange(value.bits, 0, 0)


def _corners(left: IntRange, right: IntRange) -> IntRange:
    products = [a * b for a in (left.low, left.high) for b in (right.low, right.high)]
    return IntRange(min(products), max(products))


def arithmetic(operator: str, left: Range, right: Range) -> Range:
    if isinstance(left, IntRange) and isinstance(right, IntRange):
        return _of_ints(operator, left, right)
    assert isinstance(left, FloatRange)
    assert isinstance(right, FloatRange)
    return _of_floats(operator, left, right)


def _of_ints(operator: str, left: IntRange, right: IntRange) -> IntRange:
    if operator == "+":
        return IntRange(left.low + right.low, left.high + right.high)
    if operator == "-":
        return IntRange(left.low - right.high, left.high - right.low)
    if operator == "*":
        return _corners(left, right)
    if operator == "//":
        if right.low >= 1:
            return IntRange(min(left.low, 0), max(left.high, 0))
        widest = max(abs(left.low), abs(left.high))
        return IntRange(-widest, widest)
    return IntRange(min(right.low + 1, 0), max(right.high - 1, 0))


def _of_floats(operator: str, left: FloatRange, right: FloatRange) -> FloatRange:
    if operator in "+-":
        grain = min(left.grain, right.grain)
        return FloatRange(max(left.largest, right.largest) + 1, grain, grain)
    if operator == "*":
        smallest = left.smallest + right.smallest
        return FloatRange(
            left.largest + right.largest, smallest, max(left.grain + right.grain, smallest - MANTISSA_BITS)
        )
    if operator == "/":
        return quotient(left, right)
    if operator == "//":
        return floored(quotient(left, right))
    grain = min(left.grain, right.grain)
    return FloatRange(max(left.largest, right.largest) + 2, grain, grain)


def quotient(left: FloatRange, right: FloatRange) -> FloatRange:
    smallest = left.smallest - right.largest
    return FloatRange(left.largest - right.smallest, smallest, smallest - MANTISSA_BITS)


def floored(value: FloatRange) -> FloatRange:
    return FloatRange(max(value.largest, 0), 0, 0)


def floored_to_int(value: FloatRange) -> IntRange:
    """Of a floor that gives an int: outside 64 bits it is None, so never wider than that."""
    if not value.fits_int64:
        return INT64
    widest = 2 ** max(value.largest, 0)
    return IntRange(-widest, widest)


def scaled(value: FloatRange, digits: int) -> FloatRange:
    """Of x * 10**n + 0.5, on the way to a rounded value."""
    return FloatRange(max(value.largest, 0) + 4 * digits + 1, value.smallest, value.grain)


def rounded(value: FloatRange, digits: int) -> FloatRange:
    """Of floor(x * 10**n + 0.5) / 10**n."""
    return FloatRange(max(value.largest, 0) + 2, -4 * digits, -4 * digits - MANTISSA_BITS)


def negated(value: Range) -> Range:
    return IntRange(-value.high, -value.low) if isinstance(value, IntRange) else value


def absolute(value: Range) -> Range:
    if isinstance(value, FloatRange):
        return value
    low = 0 if value.low <= 0 <= value.high else min(abs(value.low), abs(value.high))
    return IntRange(low, max(abs(value.low), abs(value.high)))


def either(values: list[Range]) -> Range:
    """Of one of several values, whichever it is."""
    ints = [value for value in values if isinstance(value, IntRange)]
    if ints:
        return IntRange(min(value.low for value in ints), max(value.high for value in ints))
    return either_float([value for value in values if isinstance(value, FloatRange)])


def either_float(values: Sequence[FloatRange]) -> FloatRange:
    return FloatRange(
        max(value.largest for value in values),
        min(value.smallest for value in values),
        min(value.grain for value in values),
    )


def clamped(value: Range) -> Range:
    """Of the root of an expression: an int outside 64 bits is None there."""
    if isinstance(value, FloatRange):
        return value
    return IntRange(max(value.low, INT64_LOW), min(value.high, INT64_HIGH)) if not value.fits_int64 else value
