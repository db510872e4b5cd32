"""What somebody who wrote an unknown name probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

LISTED = 12
COMPARED = 300


def close(name: str, known: Iterable[str], *, most: int = 1, cutoff: float = 0.6) -> list[str]:
    """The nearest of the known names, nearest first. To look through thousands takes longer than it helps."""
    names = list(known)
    if len(names) > COMPARED:
        names = [one for one in names if abs(len(one) - len(name)) <= 2][:COMPARED]
    return difflib.get_close_matches(name[:100], names, n=most, cutoff=cutoff)


def suggestion(name: str, known: Iterable[str]) -> str:
    """`; did you mean total?`, else `; known: a, b`, else nothing: the end of an error's message."""
    names = sorted(known)
    found = close(name, names, most=2)
    if found:
        return f"; did you mean {' or '.join(found)}?"
    if not names:
        return ""
    more = ", ..." if len(names) > LISTED else ""
    return f"; known: {', '.join(one[:100] for one in names[:LISTED])}{more}"
