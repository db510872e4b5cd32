"""Watches a run: its snapshots as they change, until it ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable

from temporalio.client import (
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
)
from temporalio.service import RPCError, RPCStatusCode

from faber.connection import RPC_TIMEOUT
from faber.contract.delivery import RunResult, Status
from faber.contract.listed import Trying
from faber.contract.workflows import FaberRun
from faber.trying import tried_again

FIRST_S = 0.2
SLOWEST_S = 1.0

# Longer than a worker's or a server's restart, so that a deployment does not end the doors that watch.
PATIENCE_S = 90.0

Handle = WorkflowHandle[FaberRun, RunResult]
Tried = Callable[[list[Trying]], None]


async def follow(
    handle: Handle, require_worker: Callable[[], Awaitable[None]], tried: Tried | None = None
) -> AsyncGenerator[Status | None, None]:
    """See `Faber.watch`. Asks again and again, more slowly while nothing changes: a long poll that is left
    open when a program ends can abort its interpreter."""
    pause, last, heard = FIRST_S, None, time.monotonic()
    while not has_ended(execution := await _described(handle)):
        if tried is not None and execution is not None:
            tried(tried_again(execution))
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
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, SLOWEST_S)


async def _described(handle: Handle) -> WorkflowExecutionDescription | None:
    """None while the server is away. Errors: RPCError when there is no such run."""
    try:
        return await handle.describe(rpc_timeout=RPC_TIMEOUT / 2)
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            raise
        return None


def has_ended(execution: WorkflowExecutionDescription | None) -> bool:
    """A server that is away has not ended it."""
    going_on = (WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.CONTINUED_AS_NEW)
    return execution is not None and execution.status not in going_on


async def _ask(handle: Handle) -> Status | None:
    try:
        return await handle.query(FaberRun.status, rpc_timeout=RPC_TIMEOUT / 2)
    except (RPCError, WorkflowQueryFailedError, WorkflowQueryRejectedError):
        return None
