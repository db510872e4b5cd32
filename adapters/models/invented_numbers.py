"""A number within bounds and on a grid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from random import Random
from typing import Any

from adapters.models.uninventable import Uninventable

RANGE = 100
FINE = Fraction(1, 100)


def number(rules: Sequence[dict[str, Any]], random: Random, *, integer: bool) -> int | float:
    """Errors: Uninventable."""
    steps = [_exact(rule["multipleOf"]) for rule in rules if "multipleOf" in rule] + [Fraction(1)] * integer
    lowest, highest = _lowest(rules), _highest(rules)
    step = _common(steps) if steps else _step_within(lowest, highest)
    # A whole number is a multiple of its step in binary too, 0.3 of 0.1 is not.
    for grid in (step * step.denominator, step) if steps else (step,):
        places = _places(grid, lowest, highest)
        if places is not None:
            chosen = grid * random.randint(*places)
            return int(chosen) if chosen.denominator == 1 else float(chosen)
    raise Uninventable("no number is within its bounds")


def _places(
    grid: Fraction, lowest: tuple[Fraction, bool] | None, highest: tuple[Fraction, bool] | None
) -> tuple[int, int] | None:
    """The first and the last multiple of `grid` that may be taken."""
    first = None if lowest is None else math.ceil(lowest[0] / grid)
    last = None if highest is None else math.floor(highest[0] / grid)
    if lowest is not None and first is not None and lowest[1] and first * grid == lowest[0]:
        first += 1
    if highest is not None and last is not None and highest[1] and last * grid == highest[0]:
        last -= 1
    if first is None:
        first = 0 if last is None or last > 0 else last - RANGE
    last = first + RANGE if last is None else min(last, first + RANGE)
    return (first, last) if first <= last else None


def _lowest(rules: Sequence[dict[str, Any]]) -> tuple[Fraction, bool] | None:
    """With whether it is excluded itself."""
    bounds = [(_exact(rule["minimum"]), False) for rule in rules if "minimum" in rule]
    bounds += [(_exact(rule["exclusiveMinimum"]), True) for rule in rules if "exclusiveMinimum" in rule]
    return max(bounds, default=None)


def _highest(rules: Sequence[dict[str, Any]]) -> tuple[Fraction, bool] | None:
    bounds = [(_exact(rule["maximum"]), False) for rule in rules if "maximum" in rule]
    bounds += [(_exact(rule["exclusiveMaximum"]), True) for rule in rules if "exclusiveMaximum" in rule]
    return min(bounds, key=lambda bound: (bound[0], not bound[1]), default=None)


def _step_within(lowest: tuple[Fraction, bool] | None, highest: tuple[Fraction, bool] | None) -> Fraction:
    if lowest is None or highest is None or highest[0] - lowest[0] > 1:
        return FINE
    return min(FINE, (highest[0] - lowest[0]) / 8) or FINE


def _common(steps: Sequence[Fraction]) -> Fraction:
    """The smallest number that is a multiple of each."""
    denominator = math.lcm(*(step.denominator for step in steps))
    return Fraction(math.lcm(*(int(step * denominator) for step in steps)), denominator)


def _exact(value: float) -> Fraction:
    """As it is written: 0.1 is a tenth."""
    return Fraction(str(value))
