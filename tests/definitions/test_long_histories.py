"""A run whose history has grown long begins a new one, also amid branches and lists, and nothing is done twice."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

import assembly
import worker
from faber.client import Faber
from faber.contract.names import QUEUES, TASK_QUEUE
from faber.contract.workflows import DefinitionRun
from faber.converter import data_converter
from faber.settings import Settings
from tests.definitions.conftest import OF_THE_WORKER
from tests.definitions.places import Desk, Handle, form, generate, step, when
from tests.definitions.service import Service
from tests.waiting import eventually
from workflows import definition_run, splitting

LONG = 60
"""Events, after which the server suggests a fresh history."""
UNCACHED = "uncached"
"""Where every task is a replay of all that was before."""


@pytest.fixture(scope="module")
async def short_of_breath(cli: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    folder = tmp_path_factory.mktemp("long-histories")
    extra = ["--dynamic-config-value", f"limit.historyCount.suggestContinueAsNew={LONG}"]
    async with await WorkflowEnvironment.start_local(
        namespace="faber",
        data_converter=data_converter,
        dev_server_existing_path=str(cli),
        dev_server_extra_args=extra,
    ) as environment:
        settings = Settings.read({**OF_THE_WORKER, "FABER_DATA_DIR": str(folder)})
        assembled = assembly.assemble(settings, folder, search_attributes=False)
        uncached = Worker(
            environment.client,
            task_queue=UNCACHED,
            workflows=[definition_run.DefinitionRun],
            activities=assembled.pure_activities,
            interceptors=[assembled.interceptor],
            max_cached_workflows=0,
        )
        async with worker.serving(environment.client, assembled, QUEUES), uncached:
            yield environment.client


@pytest.fixture
def desk(short_of_breath: Client, tmp_path: Path) -> Desk:
    return Desk(short_of_breath, tmp_path)


def latest(desk: Desk, handle: Handle) -> Handle:
    return desk.client.get_workflow_handle_for(DefinitionRun.run, handle.id)


def call(id: str, service: Service, next: str | None = None, **more: Any) -> dict[str, Any]:
    return step(id, "api_call", next, **{"url": f"{service.url}/{id}", "method": "POST", **more})


async def executions(desk: Desk, handle: Handle) -> list[int]:
    """How long each history of the run is."""
    found = [item.history_length async for item in desk.client.list_workflows(f'WorkflowId = "{handle.id}"')]
    return [length for length in found if length]


def each_once(service: Service, many: int) -> bool:
    keys = [call.headers["idempotency-key"] for call in service.calls]
    return len(keys) == len({*keys}) == many


@pytest.mark.parametrize("queue", [TASK_QUEUE, UNCACHED])
async def test_a_long_list_is_done_in_several_histories(desk: Desk, service: Service, queue: str) -> None:
    handle = await replace(desk, queue=queue).start(
        call(
            "each",
            service,
            "seen",
            url=f"{service.url}/{{{{ index }}}}",
            for_each={"items": "names", "width": 4},
        ),
        when("seen", "len(each_output) == 60", None, None),
        inputs={"names": list(range(60))},
    )
    result = await latest(desk, handle).result()
    assert (result.status, result.context.runtime["seen_output"]) == ("completed", {"result": True})
    assert [call.path for call in sorted(service.calls, key=lambda call: int(call.path[1:]))] == [
        f"/{n}" for n in range(60)
    ]
    assert each_once(service, 60)
    assert [item.id for item in result.steps] == ["each-1", "seen-1"]
    lengths = await executions(desk, handle)
    assert len(lengths) > 2 and max(lengths) < 3 * LONG


def lists_and_a_condition(service: Service) -> list[dict[str, Any]]:
    return [
        call("each", service, for_each={"items": "names", "width": 2}),
        step("inner", "parallel", "joined", parallel=["side", "quick"]),
        call("side", service, for_each={"items": "names", "width": 3}),
        when("quick", "True", None, None),
        call("joined", service),
        call("told", service),
    ]


async def test_branches_are_walked_in_several_histories(desk: Desk, service: Service) -> None:
    handle = await desk.start(
        step("fan", "parallel", "told", parallel=["again", "each", "inner"]),
        form("again", "noted", {"key": "n", "type": "integer"}),
        call("noted", service, "more"),
        when("more", "n < 20", "again", None),
        *lists_and_a_condition(service),
        inputs={"names": list(range(30))},
    )
    now, asked = latest(desk, handle), ""
    for n in range(1, 21):
        while (waiting := await desk.waits(now, "again")).request_id == asked:
            continue
        asked = waiting.request_id
        await desk.fill(now, "again", n=n)
    result = await now.result()
    assert result.status == "completed"
    assert each_once(service, 20 + 30 + 30 + 1 + 1)
    assert [view.name for view in result.decisions] == ["again"] * 20
    ids = [item.id for item in result.steps]
    assert len(ids) == len({*ids}) == 20 * 3 + 7
    assert {item.status for item in result.steps} == {"completed"}
    lengths = await executions(desk, handle)
    assert len(lengths) > 3 and max(lengths) < 4 * LONG


async def test_branches_that_are_replayed_at_every_step_are_walked_in_several_histories(
    desk: Desk, service: Service
) -> None:
    handle = await replace(desk, queue=UNCACHED).start(
        step("fan", "parallel", "told", parallel=["each", "inner"]),
        *lists_and_a_condition(service),
        inputs={"names": list(range(30))},
    )
    result = await latest(desk, handle).result()
    assert result.status == "completed"
    assert each_once(service, 30 + 30 + 1 + 1)
    assert len(await executions(desk, handle)) > 2


async def test_the_others_do_not_rest_while_a_person_mends_a_step(desk: Desk, service: Service) -> None:
    """That may take days: they go on in the history that there is."""
    handle = await desk.start(
        step("fan", "parallel", None, parallel=["bad", "each"]),
        generate("bad", model="scripted:/nowhere.yaml"),
        call("each", service, for_each={"items": "names", "width": 2}),
        inputs={"names": list(range(60))},
    )
    now = latest(desk, handle)
    await desk.waits(now, "manual_fix")
    await eventually(lambda: len(service.calls) == 60, "all items were done")
    await desk.decide(now, "manual_fix", "reject")
    _, failed = await desk.failure(now)
    assert failed.error_step == "bad"
    assert each_once(service, 60)


async def test_a_failure_while_another_branch_rests_is_heard_and_a_retry_does_nothing_twice(
    desk: Desk, service: Service
) -> None:
    service.hold = threading.Event()
    handle = await desk.start(
        step("fan", "parallel", None, parallel=["slow", "again"]),
        call("slow", service, "worse"),
        when("worse", "missing == 1", None, None),
        form("again", "more", {"key": "n", "type": "integer"}),
        when("more", "n < 40", "again", None),
    )
    now = latest(desk, handle)
    n = 0

    async def is_asked_or_rests() -> bool:
        status = await desk.status(now)
        asked = [item.request_id.startswith(f"again-{n + 1}-") for item in status.waiting_on]
        return any(asked) or len((await now.fetch_history()).events) >= LONG

    while len((await now.fetch_history()).events) < LONG:
        await desk.fill(now, "again", n=n)
        n += 1
        await eventually(is_asked_or_rests, "the loop goes on, or rests")
    service.hold.set()
    _, failed = await desk.failure(now)
    assert failed.error_step == "worse"
    faber = Faber(desk.client, Settings.read({}), desk.folder)
    await faber.definitions.retry(handle.id)
    _, failed = await desk.failure(latest(desk, handle))
    assert failed.error_step == "worse"
    assert each_once(service, 1)
    ids = [item.id for item in failed.steps]
    assert len(ids) == len({*ids})


async def test_a_run_that_has_more_to_carry_than_temporal_takes_goes_on_in_the_history_that_it_has(
    desk: Desk, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(splitting, "LARGEST_CARRIED", 1_000)
    handle = await desk.start(
        call("each", service, "after", for_each={"items": "names", "width": 4}),
        when("after", "True", None, None),
        inputs={"names": list(range(60))},
    )
    assert (await latest(desk, handle).result()).status == "completed"
    assert each_once(service, 60)
    lengths = await executions(desk, handle)
    assert max(lengths) > 3 * LONG


async def test_a_run_that_is_cancelled_while_branches_rest_ends(desk: Desk, service: Service) -> None:
    service.hold = threading.Event()
    handle = await desk.start(
        step("fan", "parallel", None, parallel=["slow", "each"]),
        call("slow", service),
        call("each", service, url=f"{service.url}/quick", for_each={"items": "names"}, method="GET"),
        inputs={"names": list(range(40))},
    )
    now = latest(desk, handle)
    await eventually(lambda: len(service.calls) > 1, "both branches work")
    await now.cancel()
    service.hold.set()
    with pytest.raises(WorkflowFailureError):
        await now.result()
    assert (await now.describe()).status == WorkflowExecutionStatus.CANCELED
