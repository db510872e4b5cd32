"""Work items: where they are read from, and where the run's comments go."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable
from typing import Protocol

from faber.contract.delivery import Issue
from faber.errors import WorkItemNotFound

_MOST_NAMED = 20


class WorkItems(Protocol):
    """An issue tracker. Errors: WorkItemNotFound, ForgeError; ValidationError when an item cannot be read."""

    async def fetch(self, work_id: str) -> Issue:
        """The item, comments included. `Issue.id` is its one name, however it was asked for."""
        ...

    async def upsert_comment(self, work_id: str, marker: str, body: str) -> str:
        """Write the one comment that bears `marker`, or replace its text; never a second one.
        Returns the comment's id. Safe to repeat after a kill at any point, and from several runs at once.
        `marker` is any text, and no part of `body`."""
        ...


def not_found(work_id: str, where: str, known: Iterable[str]) -> WorkItemNotFound:
    """Says what there is instead: the nearest ids, or all when they are few."""
    ids = sorted(known)
    near = difflib.get_close_matches(work_id, ids, n=3, cutoff=0.5)
    if near:
        instead = f"did you mean {' or '.join(near)}?"
    elif ids:
        more = f" and {len(ids) - _MOST_NAMED} more" if len(ids) > _MOST_NAMED else ""
        instead = f"there is {', '.join(ids[:_MOST_NAMED])}{more}"
    else:
        instead = "there is none yet; write one as <id>.md"
    return WorkItemNotFound(f"No work item {work_id!r} in {where}: {instead}", work_id=work_id)


def comment_id(marker: str) -> str:
    return hashlib.sha256(marker.encode("utf-8", "surrogatepass")).hexdigest()[:12]
