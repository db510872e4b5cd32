"""Large forms, inputs and lists: they are kept outside of history, or refused with what to do."""

from __future__ import annotations

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from tests.definitions.places import Desk, form, step, when
from tests.definitions.service import Service

KB = 1024


async def test_a_large_form_is_kept_outside_and_seen_whole(desk: Desk) -> None:
    handle = await desk.start(
        form("who", "seen", {"key": "story", "type": "textarea"}, {"key": "name"}),
        when(
            "seen",
            "len(story) == 100000 and len(who_output['story']) == 100000 and name == 'é'",
            "then",
            None,
        ),
        form("then"),
    )
    await desk.fill(handle, "who", story="ü" * 100_000, name="é")
    await desk.fill(handle, "then", name="x")
    result = await handle.result()
    assert result.context.runtime["seen_output"] == {"result": True}
    assert set(result.context.runtime["story"]) == {"$artifact", "bytes"}
    assert set(result.context.runtime["who_output"]) == {"$artifact", "bytes"}


async def test_a_form_beyond_what_a_run_can_take_is_refused_with_its_size(desk: Desk) -> None:
    handle = await desk.start(form("who", None, {"key": "story", "type": "textarea"}))
    with pytest.raises(WorkflowUpdateFailedError) as raised:
        await desk.fill(handle, "who", story="x" * 1_500 * KB)
    cause = raised.value.cause
    assert isinstance(cause, ApplicationError)
    assert cause.type == "INVALID_FORM"
    assert "story: at most 100,000 characters are taken, these are 1,536,000" in cause.message
    await desk.fill(handle, "who", story="short")
    assert (await handle.result()).status == "completed"


async def test_many_values_that_are_large_together_are_kept_outside(desk: Desk) -> None:
    """Twelve rounds, each of a hundred fields of 4 KB: none is large by itself."""
    fields = [{"key": f"f{n}"} for n in range(100)]
    handle = await desk.start(
        *(form(f"form{n}", f"form{n + 1}", *({"key": f"g{n}_{f['key']}"} for f in fields)) for n in range(8)),
        form("form8", "seen", {"key": "last"}),
        when("seen", "len(g0_f7) == 4096 and len(g7_f99) == 4096", None, None),
    )
    for n in range(8):
        await desk.fill(handle, f"form{n}", **{f"g{n}_f{k}": "x" * 4 * KB for k in range(100)})
    await desk.fill(handle, "form8", last="x")
    assert (await handle.result()).context.runtime["seen_output"] == {"result": True}


async def test_a_list_of_three_hundred_is_done_at_a_width_of_fifty(desk: Desk, service: Service) -> None:
    """What the items make is 2.4 MB: more than one payload takes."""
    service.body = b'"' + b"y" * 8 * KB + b'"'
    handle = await desk.start(
        step(
            "each",
            "api_call",
            "seen",
            url=f"{service.url}/{{{{ index }}}}",
            for_each={"items": "names", "width": 50},
        ),
        when("seen", "len(each_output) == 300 and len(each_output[299]['body']) == 8192", None, None),
        inputs={"names": ["né" * 20] * 300, "other": "z" * 12 * KB},
    )
    result = await handle.result()
    assert result.context.runtime["seen_output"] == {"result": True}
    assert len(service.calls) == 300
    described = (await handle.describe()).raw_description.workflow_execution_info
    assert described.history_size_bytes < 10_000_000


async def test_a_failed_list_of_large_outputs_says_why_it_failed(desk: Desk, service: Service) -> None:
    service.body = b'"' + b"y" * 12 * KB + b'"'
    service.answers = [200] * 250 + [400] * 50
    handle = await desk.start(
        step("each", "api_call", None, url=f"{service.url}/x", for_each={"items": "names", "width": 50}),
        inputs={"names": list(range(300))},
    )
    cause, result = await desk.failure(handle)
    assert cause.type == "API_CALL_FAILED"
    assert result.error_step == "each"


async def test_large_inputs_and_a_large_profile_are_kept_outside(desk: Desk) -> None:
    handle = await desk.start(
        when("seen", "len(text) == 614400 and len(story) == 614400", "then", None),
        form("then"),
        inputs={"text": "a" * 600 * KB},
        profile={"story": "b" * 600 * KB},
    )
    await desk.fill(handle, "then", name="x")
    assert (await handle.result()).context.runtime["seen_output"] == {"result": True}
