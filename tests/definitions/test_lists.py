"""What a list of runs tells of the step that a run is at."""

from __future__ import annotations

import threading

from tests.definitions.places import PHASE, Desk, Handle, form, is_at, step, when
from tests.definitions.service import Service
from tests.waiting import eventually


async def attributes_written(handle: Handle) -> tuple[int, int]:
    """How often the run wrote its phase, and how often it had waited to."""
    written, waited = 0, 0
    for event in (await handle.fetch_history()).events:
        fields = event.upsert_workflow_search_attributes_event_attributes.search_attributes.indexed_fields
        written += PHASE.name in fields
        waited += event.HasField("timer_fired_event_attributes")
    return written, waited


async def test_a_step_that_lasts_is_named(desk: Desk, service: Service) -> None:
    service.hold = threading.Event()
    handle = await desk.start(
        when("quick", "1 < 2", "lasts"),
        step("lasts", "api_call", "ends", url=service.url),
        step("ends", "api_call", None, url=service.url),
    )
    await eventually(lambda: is_at(handle, "lasts"), "the list names the step")
    assert (await desk.status(handle)).current_step == "lasts"
    service.hold.set()
    assert (await handle.result()).status == "completed"
    assert await is_at(handle, "")


async def test_a_step_at_which_people_are_asked_is_named_as_soon_as_they_are(desk: Desk) -> None:
    handle = await desk.start(when("quick", "1 < 2", "who"), form("who"))
    await desk.waits(handle, "who")
    assert await is_at(handle, "who")
    await handle.terminate()


async def test_steps_that_do_not_last_cost_no_write_each(desk: Desk, service: Service) -> None:
    names = [f"s{number}" for number in range(8)]
    calls = [
        step(name, "api_call", following, url=service.url)
        for name, following in zip(names, [*names[1:], None], strict=True)
    ]
    handle = await desk.start(*calls)
    await handle.result()
    assert len(service.calls) == len(names)
    written, waited = await attributes_written(handle)
    # At the beginning, at the end, and whenever it had waited for that.
    assert written <= 2 + waited
