"""The command that follows a run's snapshots, for a program that shows them: watch."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from faber.api.parameters import RunId
from faber.api.session import as_document, session

if TYPE_CHECKING:
    from faber.client import Faber


def watch(run_id: RunId) -> None:
    """Print a run's status each time it changes, until it has ended; gates do not end it."""
    with session(f"interrupted: {run_id} goes on") as current:
        found = current.ask(current.faber.resolve(run_id))
        snapshots = _snapshots(current.faber, found)
        current.ask(current.console.stream({"run_id": found}, "snapshots", snapshots))


async def _snapshots(faber: Faber, run_id: str) -> AsyncIterator[Any]:
    last = None
    async for status in faber.watch(run_id):
        if status is not None:
            last = as_document(status)
            yield last
    ended = as_document(await faber.status(run_id))
    if ended != last:
        yield ended
