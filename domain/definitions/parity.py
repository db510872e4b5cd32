"""Where two results differ, apart from what means nothing: the order of a map, spaces, the last digits of a number."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from domain.definitions.places import Place, shown

TOLERANCE = 1e-6
MOST = 100
SHOWN = 80


def compare(old: Any, new: Any) -> list[str]:
    """Every difference as `path: old -> new`, at most 100; empty when the two mean the same. Maps are compared by
    their keys, lists in their order, texts without the spaces around and between their words, and numbers are the
    same when they are no more than a millionth apart."""
    found: list[str] = []
    for place, before, after in _differences(old, new):
        if len(found) == MOST:
            return [*found, "and more"]
        found.append(f"{shown(place)}: {before} -> {after}")
    return found


def _differences(old: Any, new: Any) -> Iterator[tuple[Place, str, str]]:
    waiting: list[tuple[Place, Any, Any]] = [((), old, new)]
    while waiting:
        place, left, right = waiting.pop()
        if isinstance(left, dict) and isinstance(right, dict):
            for key in sorted(left.keys() ^ right.keys(), key=str):
                present = _said(left[key] if key in left else right[key])
                yield (*place, key), *((present, "absent") if key in left else ("absent", present))
            waiting += [((*place, key), left[key], right[key]) for key in reversed(left) if key in right]
        elif isinstance(left, list) and isinstance(right, list):
            if len(left) != len(right):
                yield place, f"{len(left)} items", f"{len(right)} items"
            pairs = list(enumerate(zip(left, right, strict=False)))
            waiting += [((*place, number), one, other) for number, (one, other) in reversed(pairs)]
        elif not _same(left, right):
            yield place, _said(left), _said(right)


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left == right or _close(left, right)
    if isinstance(left, str) and isinstance(right, str):
        return left.split() == right.split()
    return type(left) is type(right) and bool(left == right)


def _close(left: float, right: float) -> bool:
    try:
        return abs(left - right) <= TOLERANCE or (math.isnan(left) and math.isnan(right))
    except OverflowError:
        return False


def _said(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
