"""Waits for a run's end and reads its document and its last snapshot from whichever way it ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from temporalio.client import (
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
)
from temporalio.common import QueryRejectCondition
from temporalio.service import RPCError

from faber.connection import RPC_TIMEOUT
from faber.contract.delivery import RunResult, Status
from faber.contract.workflows import FaberRun
from faber.outcomes import Failure, bare_result, read_failure

Handle = WorkflowHandle[FaberRun, RunResult]
S = TypeVar("S", bound=Status)
OVER = ("completed", "failed", "cancelled")


async def snapshot(handle: WorkflowHandle[Any, Any], status: Callable[[Any], S]) -> S:
    """What the query `status` of a run of any kind answers with; of one that was terminated or timed out, with the
    end that it did not live to tell. Errors: as `WorkflowHandle.query`."""
    try:
        return await handle.query(
            status, reject_condition=QueryRejectCondition.NOT_COMPLETED_CLEANLY, rpc_timeout=RPC_TIMEOUT
        )
    except WorkflowQueryRejectedError:
        told = await handle.query(status, rpc_timeout=RPC_TIMEOUT)
    if told.status in OVER:
        return told
    end = {"status": "failed", "error": await _error(handle), "error_phase": told.current_phase}
    return told.model_copy(update={**end, "waiting_on": []})


async def _error(handle: WorkflowHandle[Any, Any]) -> str | None:
    try:
        await handle.result()
    except WorkflowFailureError as error:
        return read_failure(error).message
    return None


async def result(handle: Handle) -> RunResult:
    """The document, `failed` ones included. Errors: temporalio.service.RPCError."""
    try:
        return await handle.result()
    except WorkflowFailureError as error:
        failure = read_failure(error)
    if failure.result is not None:
        return failure.result
    execution = await handle.describe(rpc_timeout=RPC_TIMEOUT)
    if execution.status == WorkflowExecutionStatus.CANCELED:
        # Temporal keeps no document of a cancelled workflow, but a worker can tell what it would have been.
        if (told := await _told(handle)) is not None and told.error:
            return told
        failure = await _cancelled_by(handle, failure)
    return bare_result(failure, execution, (await execution.memo()).get("faber") or {})


async def _told(handle: Handle) -> RunResult | None:
    try:
        return await handle.query(FaberRun.result, rpc_timeout=RPC_TIMEOUT / 5)
    except (RPCError, WorkflowQueryFailedError, WorkflowQueryRejectedError):
        return None


async def _cancelled_by(handle: Handle, failure: Failure) -> Failure:
    """A cancelled workflow carries no reason; the request for it does."""
    async for event in handle.fetch_history_events():
        if event.HasField("workflow_execution_cancel_requested_event_attributes"):
            request = event.workflow_execution_cancel_requested_event_attributes
            reason = request.cause or request.identity
            named = reason if reason.startswith("cancelled by") else f"cancelled by {reason}"
            return replace(failure, message=named)
    return failure
