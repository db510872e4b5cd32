"""Watches a run: its snapshots as they change, until it ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable

from temporalio.client import (
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
)
from temporalio.service import RPCError, RPCStatusCode

from faber.connection import RPC_TIMEOUT
from faber.contract.delivery import RunResult, Status
from faber.contract.workflows import FaberRun

FIRST_S = 0.2
SLOWEST_S = 2.0

# Longer than a worker's or a server's restart, so that a deployment does not end the doors that watch.
PATIENCE_S = 90.0

Handle = WorkflowHandle[FaberRun, RunResult]


async def follow(
    handle: Handle, require_worker: Callable[[], Awaitable[None]]
) -> AsyncGenerator[Status | None, None]:
    """See `Faber.watch`. Asking is cheap and is done more slowly while nothing changes."""
    ended = asyncio.create_task(_ended(handle))
    try:
        pause, last, heard = FIRST_S, None, time.monotonic()
        while not ended.done():
            status = await _ask(handle)
            if status is None and time.monotonic() - heard > PATIENCE_S:
                # Raises when nobody is there. Otherwise the run's worker cannot go on with it, which its next
                # version may: that is waited for.
                await require_worker()
            if status is not None:
                heard = time.monotonic()
            if status is None or status != last:
                pause, last = FIRST_S, status
                yield status
            await asyncio.wait({ended}, timeout=pause)
            pause = min(pause * 1.5, SLOWEST_S)
        ended.result()
    finally:
        ended.cancel()


async def _ask(handle: Handle) -> Status | None:
    try:
        return await handle.query(FaberRun.status, rpc_timeout=RPC_TIMEOUT / 2)
    except (RPCError, WorkflowQueryFailedError, WorkflowQueryRejectedError):
        return None


async def _ended(handle: Handle) -> None:
    """Returns when the run is closed, whatever its end, also when the server was away meanwhile."""
    while True:
        try:
            await handle.result()
        except WorkflowFailureError:
            return
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                raise
            await asyncio.sleep(FIRST_S)
        else:
            return
