"""Says why a run did not take an answer that was sent to it as an update."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from temporalio.client import WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from faber.connection import NO_WORKER, RPC_TIMEOUT, temporal_errors
from faber.converter import PAYLOAD_ERROR
from faber.errors import Unreachable, UsageError, WorkflowError


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
