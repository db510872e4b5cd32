"""Answering only when nothing else happens makes the order of what a run asks for the same in every recording."""

from __future__ import annotations

from typing import Any

from temporalio.client import WorkflowHandle

from tests.waiting import eventually


async def quiet(handle: WorkflowHandle[Any, Any]) -> None:
    """Waits until the run has nothing under way."""

    async def is_quiet() -> bool:
        described = (await handle.describe()).raw_description
        return not described.pending_activities and not described.HasField("pending_workflow_task")

    await eventually(is_quiet, f"{handle.id} is quiet")
