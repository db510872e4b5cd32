"""Says why a run did not take an answer that was sent to it as an update."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from temporalio.client import (
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from faber.connection import NO_WORKER, RPC_TIMEOUT, temporal_errors
from faber.contract.delivery import GateView
from faber.converter import PAYLOAD_ERROR
from faber.errors import Unreachable, UsageError, WorkflowError

BUSY = "BUSY"
AGAIN_S = 0.5
TRIES = 6


async def answer(handle: WorkflowHandle[Any, Any], update: Any, word: Any) -> GateView:
    """Execute the update; again while the run is just being taken over by another worker. Errors: as
    `WorkflowHandle.execute_update`."""
    for left in reversed(range(TRIES)):
        try:
            view: GateView = await handle.execute_update(update, word, rpc_timeout=RPC_TIMEOUT)
            return view
        except WorkflowUpdateFailedError as error:
            if not left or getattr(error.cause, "type", None) != BUSY:
                raise
        await asyncio.sleep(AGAIN_S)
    raise AssertionError("the last try answers or raises")


@asynccontextmanager
async def answering(run_id: str) -> AsyncIterator[None]:
    """Around one update. Raises WorkflowError with the run's own reason, UsageError for an answer that is
    malformed, Unreachable when no worker takes it in time."""
    try:
        yield
    except WorkflowUpdateFailedError as error:
        raise _refusal(error) from error
    except WorkflowUpdateRPCTimeoutOrCancelledError as error:
        raise Unreachable(f"the run took no answer in {RPC_TIMEOUT.seconds} s: {NO_WORKER}") from error
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND and "completed" in error.message:
            raise WorkflowError(f"{run_id} has ended: nothing waits for an answer") from error
        async with temporal_errors(f"answer {run_id}"):
            raise


def _refusal(error: WorkflowUpdateFailedError) -> UsageError | WorkflowError:
    cause: Any = error.cause
    if isinstance(cause, ApplicationError) and cause.type == PAYLOAD_ERROR:
        return UsageError(cause.message)
    told = cause.details[0] if isinstance(cause, ApplicationError) and cause.details else {}
    fields = told.get("fields", {}) if isinstance(told, dict) else {}
    message = str(getattr(cause, "message", cause))
    return WorkflowError(message, refused=getattr(cause, "type", None), fields=fields)
