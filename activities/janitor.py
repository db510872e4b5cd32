"""What a starting worker puts away: worktrees and processes of runs that are gone."""

from __future__ import annotations

from collections.abc import Callable

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from adapters.processes import Processes
from adapters.workspace import Workspace
from faber.contract.names import WORKFLOW_TYPES
from faber.errors import FaberError

OPEN = f'WorkflowType = "{WORKFLOW_TYPES["delivery"]}" AND ExecutionStatus = "Running"'


async def clear_gone_runs(
    client: Client, workspace: Workspace, processes: Processes, say: Callable[[str], None]
) -> None:
    """Processes that a dead worker left, and everything of runs that Temporal no longer runs. What a run had
    not committed is kept under its quarantine ref."""
    runs = await workspace.runs()
    # One list says it of almost all. Lists lag behind, so that what is not in it is asked for by itself.
    listed = {found.id async for found in client.list_workflows(OPEN, page_size=1_000)} if runs else set()
    gone = [run_id for run_id in runs if run_id not in listed and not await is_running(client, run_id)]
    ended = await processes.sweep(lambda run_id: run_id in gone)
    if ended:
        say(f"janitor: ended {len(ended)} processes that a worker left behind")
    for run_id in gone:
        try:
            left = await workspace.discard(run_id)
        except FaberError as error:
            # A worker that does not start because of somebody's leftovers would stop every other run.
            say(f"janitor: left the worktree of {run_id} where it is: {error.message}")
        else:
            say(f"janitor: put away the worktree of {run_id}: {left}")


async def is_running(client: Client, run_id: str) -> bool:
    try:
        described = await client.get_workflow_handle(run_id).describe()
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            return False
        raise
    return described.status == WorkflowExecutionStatus.RUNNING
