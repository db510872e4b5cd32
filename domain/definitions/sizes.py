"""How much of a context stays in history, and what is kept outside of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

LARGEST_KEPT = 16_384
MOST_KEPT = 131_072
MOST_OF_A_LIST = 4_000_000
"""What the requests for a list's items may come to together."""
OF_A_REFERENCE = 128
REFERENCE = "$artifact"


def size(value: Any) -> int:
    return len(json.dumps(value))


def large(values: Mapping[str, Any], most: int = MOST_KEPT) -> list[str]:
    """The names of the values to be kept outside: each that is large, and the largest until no more than `most` bytes
    are left."""
    if size(values) <= min(LARGEST_KEPT, most):
        return []
    sizes = {name: size(value) for name, value in values.items()}
    left, found = sum(sizes.values()), []
    for name in sorted(sizes, key=lambda name: (-sizes[name], name)):
        if sizes[name] <= OF_A_REFERENCE or (sizes[name] <= LARGEST_KEPT and left <= most):
            break
        found.append(name)
        left -= sizes[name] - OF_A_REFERENCE
    return found


def share(among: int) -> int:
    """How large each of so many values may be that are kept together."""
    return max(OF_A_REFERENCE, min(LARGEST_KEPT, MOST_KEPT // max(1, among)))


def is_reference(value: Any) -> bool:
    """Whether it stands for a value that is kept outside."""
    return isinstance(value, dict) and set(value) == {REFERENCE, "bytes"}


def posing(value: Any) -> str | None:
    """What is wrong with a value from outside that would be read as whatever artifact it names: that is the engine's
    to write."""
    if any(is_reference(item) for item in (value if isinstance(value, list) else [value])):
        return f"it has the shape of a kept value, {{{REFERENCE!r}: ..., 'bytes': ...}}: rename a key"
    return None
