"""`temporal workflow reset` to the first task of a run."""

from __future__ import annotations

from typing import Any, TypeVar

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client, WorkflowHandle

FIRST_TASK_ENDED = 4
Result = TypeVar("Result")


async def reset_to_the_beginning(
    client: Client, run: Any, handle: WorkflowHandle[Any, Result]
) -> WorkflowHandle[Any, Result]:
    """The handle of the new execution; `run` is the workflow's run method."""
    await client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=handle.id),
            workflow_task_finish_event_id=FIRST_TASK_ENDED,
            reason="to tell the story again",
            request_id=f"reset {handle.id}",
        )
    )
    again: WorkflowHandle[Any, Result] = client.get_workflow_handle_for(run, handle.id)
    return again
