"""Work items: where they are read from, and where the run's comments go."""

from __future__ import annotations

from typing import Protocol

from faber.contract.delivery import Issue


class WorkItems(Protocol):
    """An issue tracker. Errors: WorkItemNotFound, ForgeError."""

    async def fetch(self, work_id: str) -> Issue: ...

    async def upsert_comment(self, work_id: str, marker: str, body: str) -> str:
        """Write the one comment that bears `marker`, or replace its text; never a second one.
        Returns the comment's id. Safe to repeat after a kill at any point."""
        ...
