"""Where a list goes on: the last row's place in the order, as one opaque word."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime

from adapters.records import LARGEST_PAGE
from faber.contract.wire import plain
from faber.errors import UsageError


def after(kind: str, *place: str) -> str:
    return urlsafe_b64encode(json.dumps([kind, *place]).encode()).decode().rstrip("=")


def definition_place(cursor: str) -> str:
    """The id of the last definition that was listed. Errors: UsageError."""
    try:
        (name,) = _place(cursor, "definitions")
        return plain(name)
    except ValueError:
        raise _refused(cursor, "definitions") from None


def run_place(cursor: str) -> tuple[datetime, str]:
    """When the last run that was listed started, and its origin. Errors: UsageError."""
    try:
        started, origin = _place(cursor, "runs")
        at = datetime.fromisoformat(started)
        if at.tzinfo is None:
            raise ValueError(started)
        # The first and the last day that there are have no other name in UTC.
        return at.astimezone(UTC), plain(origin)
    except (ValueError, OverflowError):
        raise _refused(cursor, "runs") from None


def checked_limit(limit: int) -> int:
    if not 1 <= limit <= LARGEST_PAGE:
        raise UsageError(f"A page of {limit} cannot be given: ask for 1 to {LARGEST_PAGE}")
    return limit


def _place(cursor: str, kind: str) -> list[str]:
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        decoded = json.loads(urlsafe_b64decode(padded.encode()))
    except RecursionError:
        raise ValueError(cursor) from None
    if not isinstance(decoded, list) or not all(isinstance(part, str) for part in decoded):
        raise ValueError(cursor)
    if decoded[:1] != [kind]:
        raise ValueError(cursor)
    return decoded[1:]


def _refused(cursor: str, kind: str) -> UsageError:
    return UsageError(
        f"{cursor[:80]!r} is no cursor of the list of {kind}: give back the next_cursor of its last page, "
        "or none to begin"
    )
