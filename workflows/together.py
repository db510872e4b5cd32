"""Several things at once, and the end of all of them when one fails."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from temporalio import workflow


async def together(work: list[Coroutine[Any, Any, None]]) -> None:
    """All of it at once; when one fails the others are cancelled, and awaited, before it is raised."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        await asyncio.gather(*tasks)
    except (Exception, asyncio.CancelledError):
        for task in tasks:
            task.cancel()
        # In the order of the branches, so that a replay waits in the same one.
        for task in tasks:
            await workflow.wait_condition(task.done)
        raise
