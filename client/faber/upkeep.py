"""Asks a worker to merge a delivered change, or to put old runs away."""

from __future__ import annotations

import uuid

from temporalio.client import Client, WorkflowFailureError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from faber.connection import RPC_TIMEOUT
from faber.contract.names import TASK_QUEUE
from faber.contract.upkeep import MergeInput, MergeResult, PruneInput, PruneResult
from faber.contract.workflows import FaberMerge, FaberPrune
from faber.errors import WorkflowError


async def merge(client: Client, input: MergeInput) -> MergeResult:
    """Merges once: a second call answers with the first one's merge. Errors: WorkflowError, RPCError."""
    id = f"{input.run_id}-merge"
    try:
        handle = await client.start_workflow(
            FaberMerge.run,
            input,
            id=id,
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
            rpc_timeout=RPC_TIMEOUT,
        )
    except WorkflowAlreadyStartedError:
        handle = client.get_workflow_handle_for(FaberMerge.run, id)
    try:
        return await handle.result()
    except WorkflowFailureError as error:
        raise WorkflowError(reason(error)) from error


async def prune(client: Client, input: PruneInput) -> PruneResult:
    """Errors: WorkflowError, RPCError."""
    try:
        return await client.execute_workflow(
            FaberPrune.run, input, id=f"faber-prune-{uuid.uuid4()}", task_queue=TASK_QUEUE
        )
    except WorkflowFailureError as error:
        raise WorkflowError(reason(error)) from error


def reason(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return str(getattr(error, "message", error))
