"""A worker that forgets a run after every step builds it anew from its history each time: nothing may differ."""

from __future__ import annotations

import uuid

from temporalio.worker import Worker

from faber.contract.delivery import RunInput
from faber.contract.workflows import FaberRun
from tests.delivery.asking import ended, pause, resume
from tests.delivery.conftest import NewSite
from workflows import faber_run


async def test_a_run_that_is_replayed_at_every_step_ends_like_any_other(new_site: NewSite) -> None:
    site = new_site()
    queue = f"uncached-{uuid.uuid4().hex[:8]}"
    async with Worker(site.client, task_queue=queue, workflows=[faber_run.FaberRun], max_cached_workflows=0):
        handle = await site.client.start_workflow(
            FaberRun.run,
            RunInput(work_id="1", repo=str(site.checkout)),
            id=f"faber-{queue}",
            task_queue=queue,
        )
        gate = await site.gate(handle, "architect")
        await pause(handle)
        await resume(handle)
        await site.decide(handle, gate, "approve")
        await site.approve(handle, "release")
        result = await ended(handle)
    assert result.status == "completed"
    history = await handle.fetch_history()
    assert not [event for event in history.events if event.HasField("workflow_task_failed_event_attributes")]
