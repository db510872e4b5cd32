"""What ends while other things are under way ends all of it: nothing goes on behind a failure or a cancel."""

from __future__ import annotations

import threading
from typing import Any

from faber.contract.definition_runs import FormAnswer
from faber.contract.workflows import DefinitionRun
from tests.definitions.places import Desk, Handle, form, step, when
from tests.definitions.service import Service
from tests.delivery.asking import cancelled
from tests.waiting import eventually


def call(id: str, service: Service, next: str | None = None, **more: Any) -> dict[str, Any]:
    return step(id, "api_call", next, **{"url": f"{service.url}/{id}", **more})


async def asked(service: Service, path: str, times: int = 1) -> None:
    def was() -> bool:
        return sum(call.path.startswith(path) for call in service.calls) >= times

    await eventually(was, f"{path} was asked {times} times")


async def failed(desk: Desk, handle: Handle, step_id: str) -> None:
    async def has() -> bool:
        steps = (await desk.status(handle)).steps
        return any(item.step_id == step_id and item.status == "failed" for item in steps)

    await eventually(has, f"{step_id} failed")


async def test_a_branch_does_not_go_on_with_an_answer_that_came_when_another_had_failed(
    desk: Desk, service: Service
) -> None:
    """Its call is answered before it hears that it is over."""
    handle = await desk.start(
        step("fan", "parallel", None, parallel=["slow", "bad"]),
        call("slow", service, "later"),
        call("later", service, "asks"),
        form("asks"),
        form("bad", "worse"),
        when("worse", "missing == 1", None, None),
    )
    service.hold = threading.Event()
    await desk.waits(handle, "bad")
    await asked(service, "/slow")
    await desk.fill(handle, "bad", name="x")
    await failed(desk, handle, "worse")
    service.hold.set()
    _, result = await desk.failure(handle)
    assert result.error_step == "worse"
    assert [call.path for call in service.calls] == ["/slow"]


async def test_a_cancel_amid_a_list_is_heeded_before_the_next_item(desk: Desk, service: Service) -> None:
    handle = await desk.start(
        call("each", service, for_each={"items": "names", "width": 2}),
        inputs={"names": list(range(20))},
    )
    service.hold = threading.Event()
    await asked(service, "/each", 2)
    await handle.cancel(reason="cancelled by bob")
    service.hold.set()
    await cancelled(handle)
    # The two that were under way; an item that had just been begun may be there too.
    assert len(service.calls) <= 4


async def test_a_cancel_ends_every_branch_and_says_who(desk: Desk, service: Service) -> None:
    handle = await desk.start(
        step("fan", "parallel", "after", parallel=["left", "right", "busy"]),
        form("left"),
        form("right"),
        call("busy", service, "idle"),
        form("idle"),
        form("after"),
    )
    service.hold = threading.Event()
    for gate in ("left", "right"):
        await desk.waits(handle, gate)
    await asked(service, "/busy")
    await handle.cancel(reason="cancelled by bob")
    service.hold.set()
    await cancelled(handle)
    status = await desk.status(handle)
    assert (status.status, status.error, status.waiting_on) == ("cancelled", "cancelled by bob", [])
    assert {item.step_id: item.error for item in status.steps if item.step_id in ("left", "right")} == {
        "left": "cancelled",
        "right": "cancelled",
    }


LOOP = {
    "id": "again",
    "type": "form",
    "next": "more",
    "config": {"fields": [{"key": "go", "type": "boolean"}]},
}


async def go_round(desk: Desk, handle: Handle, go: bool) -> None:
    waiting = await desk.waits(handle, "again")
    answer = FormAnswer(values={"go": go}, request_id=waiting.request_id)
    await handle.execute_update(DefinitionRun.submit_form, answer)


async def test_a_list_that_failed_and_was_gone_on_from_is_done_whole_the_next_time(
    desk: Desk, service: Service
) -> None:
    service.answers = [200, 400]
    handle = await desk.start(
        call("each", service, "again", on_error="continue", for_each={"items": "names", "width": 1}),
        LOOP,
        when("more", "go", "each", None),
        inputs={"names": ["a", "b"]},
    )
    await go_round(desk, handle, True)
    await go_round(desk, handle, False)
    await handle.result()
    assert len(service.calls) == 4
    assert len({call.headers["idempotency-key"] for call in service.calls}) == 4


async def test_branches_that_failed_and_were_gone_on_from_are_walked_whole_the_next_time(
    desk: Desk, service: Service
) -> None:
    service.answers = [200, 400]
    handle = await desk.start(
        step("fan", "parallel", "again", parallel=["good", "asks"], on_error="continue"),
        call("good", service, "again"),
        form("asks", "bad"),
        call("bad", service, "again"),
        LOOP,
        when("more", "go", "fan", None),
    )
    for go in (True, False):
        await asked(service, "/good", 1 if go else 2)
        await desk.fill(handle, "asks", name="x")
        await go_round(desk, handle, go)
    result = await handle.result()
    assert sorted(call.path for call in service.calls) == ["/bad", "/bad", "/good", "/good"]
    assert len({call.headers["idempotency-key"] for call in service.calls}) == 4
    assert result.context.runtime["bad_output"]["status"] == 200


async def test_a_question_of_a_branch_that_was_ended_is_not_asked_any_more(
    desk: Desk, service: Service
) -> None:
    service.answers = [400]
    handle = await desk.start(
        step("fan", "parallel", "after", parallel=["asks", "bad"], on_error="continue"),
        form("asks"),
        call("bad", service, "after"),
        form("after"),
    )
    await desk.waits(handle, "after")
    assert [item.gate for item in (await desk.status(handle)).waiting_on] == ["after"]
    await desk.fill(handle, "after", name="x")
    assert (await handle.result()).status == "completed"
