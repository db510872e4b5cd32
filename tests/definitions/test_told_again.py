"""Runs that are replayed at every step, reset, continued or retried: nothing is done, asked or paid for again."""

from __future__ import annotations

import uuid
from typing import Any

from temporalio.worker import Worker

from assembly import Assembly
from faber.client import Faber
from faber.contract.definition_runs import DefinitionInput
from faber.contract.workflows import DefinitionRun
from faber.settings import Settings
from tests.definitions.places import Desk, Handle, approve, definition, form, generate, step, when
from tests.definitions.service import Service
from tests.delivery.places import write_script
from tests.resetting import reset_to_the_beginning
from workflows import definition_run


def call(id: str, service: Service, next: str | None = None, **more: Any) -> dict[str, Any]:
    return step(id, "api_call", next, **{"url": f"{service.url}/{id}", "method": "POST", **more})


def keys(service: Service, path: str) -> list[str]:
    return [call.headers["idempotency-key"] for call in service.calls if call.path.startswith(path)]


def every_type(service: Service) -> list[dict[str, Any]]:
    return [
        form("who", "grown"),
        when("grown", "len(name) > 0", "fan"),
        step("fan", "parallel", "each", parallel=["text", "look"]),
        generate("text"),
        call("look", service),
        call("each", service, "ok", for_each={"items": "names", "width": 2}),
        approve("ok", "told"),
        call("told", service),
    ]


async def retried(desk: Desk, handle: Handle) -> Handle:
    environment = {"TEMPORAL_ADDRESS": desk.client.service_client.config.target_host}
    faber = Faber(desk.client, Settings.read(environment), desk.folder)
    await faber.definitions.retry(handle.id)
    return desk.client.get_workflow_handle_for(DefinitionRun.run, handle.id)


async def test_a_run_that_is_replayed_at_every_step_ends_like_any_other(
    desk: Desk, assembled: Assembly, service: Service
) -> None:
    queue = f"uncached-{uuid.uuid4().hex[:8]}"
    async with Worker(
        desk.client,
        task_queue=queue,
        workflows=[definition_run.DefinitionRun],
        activities=assembled.pure_activities,
        interceptors=[assembled.interceptor],
        max_cached_workflows=0,
    ):
        handle = await desk.client.start_workflow(
            DefinitionRun.run,
            DefinitionInput(definition=definition(*every_type(service)), inputs={"names": ["a", "b", "c"]}),
            id=f"def-{queue}",
            task_queue=queue,
        )
        await desk.fill(handle, "who", name="Ada")
        await desk.decide(handle, "ok")
        result = await handle.result()
    assert result.status == "completed"
    assert len(service.calls) == len({call.headers["idempotency-key"] for call in service.calls}) == 5
    history = await handle.fetch_history()
    assert not [event for event in history.events if event.HasField("workflow_task_failed_event_attributes")]


async def test_a_run_that_is_reset_to_its_beginning_does_nothing_again(desk: Desk, service: Service) -> None:
    """It asks its form again; its calls have their answers in the journal, and who was told stays told."""
    handle = await desk.start(*every_type(service), inputs={"names": ["a", "b", "c"]})
    await desk.fill(handle, "who", name="Ada")
    await desk.waits(handle, "ok")
    assert len(service.calls) == 4
    again = await reset_to_the_beginning(desk.client, DefinitionRun.run, handle)
    await desk.waits(again, "who")
    await desk.fill(again, "who", name="Ada")
    await desk.decide(again, "ok")
    result = await again.result()
    assert result.status == "completed"
    assert len(service.calls) == len({call.headers["idempotency-key"] for call in service.calls}) == 5
    outbox = (desk.folder / "outbox.jsonl").read_text()
    assert sum(handle.id in line for line in outbox.splitlines()) == 1


async def test_a_call_that_is_retried_bears_the_key_that_it_had(desk: Desk, service: Service) -> None:
    service.answers = [200, 404]
    handle = await desk.start(call("one", service, "two"), call("two", service, "three"), form("three"))
    await desk.failure(handle)
    again = await retried(desk, handle)
    await desk.fill(again, "three", name="x")
    result = await again.result()
    assert (len(keys(service, "/one")), len(keys(service, "/two"))) == (1, 2)
    assert len(set(keys(service, "/two"))) == 1
    assert [(item.step_id, item.status, item.visit) for item in result.steps] == [
        ("one", "completed", 1),
        ("two", "completed", 1),
        ("three", "completed", 1),
    ]


async def test_a_run_goes_on_without_a_second_copy_of_what_it_was_given(desk: Desk, service: Service) -> None:
    """With two of each, this one would be more than Temporal takes."""
    service.answers = [404, 404]
    large = definition(call("one", service, "two"), form("two"), name="x" * 700_000)
    handle = await desk.start(definition=large, inputs={"text": "y" * 900_000, "seen": 5})
    await desk.failure(handle)
    for _ in range(2):
        handle = await retried(desk, handle)
        if service.answers:
            await desk.failure(handle)
    await desk.waits(handle, "two")
    runtime = (await desk.context(handle)).runtime
    assert (runtime["seen"], runtime["text"]["bytes"]) == (5, 900_002)
    assert (await desk.status(handle)).workflow_id == "tried"
    await handle.terminate()


async def test_what_branches_and_items_had_done_is_not_done_again_by_a_retry(
    desk: Desk, service: Service
) -> None:
    handle = await desk.start(
        step("fan", "parallel", "after", parallel=["left", "right"]),
        call("left", service, "asks"),
        form("asks", "each"),
        call(
            "each",
            service,
            "after",
            url=f"{service.url}/each/{{{{ item }}}}",
            for_each={"items": "names", "width": 1},
        ),
        call("right", service, "waits"),
        form("waits"),
        when("after", "len(each_output) == 3", None, None),
        inputs={"names": ["a", "b", "c"]},
    )
    for gate in ("asks", "waits"):
        await desk.waits(handle, gate)
    service.answers = [200, 400]
    await desk.fill(handle, "asks", name="x")
    _, failed = await desk.failure(handle)
    assert failed.error_step == "each"
    again = await retried(desk, handle)
    await desk.fill(again, "waits", name="y")
    result = await again.result()
    assert result.context.runtime["after_output"] == {"result": True}
    paths = sorted(call.path for call in service.calls)
    assert paths == ["/each/a", "/each/b", "/each/b", "/each/c", "/left", "/right"]
    assert len(set(keys(service, "/each/b"))) == 1
    assert [view.name for view in result.decisions] == ["asks", "waits"]


async def test_the_ledger_is_kept_by_a_retry_and_the_model_is_not_asked_again(
    desk: Desk, service: Service
) -> None:
    right = {
        "structured": {"summary": "a summary", "score": 3},
        "usage": {"input_tokens": 1_000, "output_tokens": 100},
    }
    model = write_script(desk.folder, {"model": "prepared", "phases": {"text": [[right]]}})
    service.answers = [400]
    handle = await desk.start(generate("text", "told", model=model), call("told", service))
    _, failed = await desk.failure(handle)
    assert failed.cost_usd > 0
    again = await retried(desk, handle)
    result = await again.result()
    assert result.cost_usd == failed.cost_usd
    assert (await desk.status(again)).cost.calls == 1


async def test_a_run_that_failed_twice_is_one_record_that_says_completed(
    desk: Desk, assembled: Assembly, service: Service
) -> None:
    service.answers = [400, 400]
    handle = await desk.start(call("one", service))
    for _ in range(2):
        await desk.failure(handle)
        handle = await retried(desk, handle)
    await handle.result()
    rows = [row for row in (await assembled.records.list_runs(limit=500)).items if row.run_id == handle.id]
    assert [(row.status, row.ended_at is not None) for row in rows] == [("completed", True)]
