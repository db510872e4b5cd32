"""What the worker's own workflow runner leaves out: what nobody here needs."""

from __future__ import annotations

import uuid

import psutil
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import Worker

from adapters.engine import Engine
from faber.converter import data_converter
from workflows.runner import OwnCopies, Runner

RUNS = 30
LARGE = 1_000_000


@workflow.defn
class Waits:
    @workflow.run
    async def run(self, given: str) -> None:
        self.length = len(given)
        del given
        await workflow.wait_condition(lambda: False)

    @workflow.query
    def characters(self) -> int:
        return self.length


async def growth(client: Client, queue: str) -> int:
    """Bytes that this process keeps for each run with a large input."""

    async def one() -> None:
        handle = await client.start_workflow(
            Waits.run, "x" * LARGE, id=f"waits-{uuid.uuid4()}", task_queue=queue
        )
        assert await handle.query(Waits.characters) == LARGE

    process = psutil.Process()
    await one()
    before = process.memory_info().rss
    for _ in range(RUNS):
        await one()
    return int((process.memory_info().rss - before) / RUNS)


async def test_a_large_input_is_not_kept_several_times_over(engine: Engine) -> None:
    client = await Client.connect(engine.address, namespace=engine.namespace)
    queue = f"kept-{uuid.uuid4()}"
    async with Worker(
        client, task_queue=queue, workflows=[Waits], workflow_runner=Runner(), interceptors=[OwnCopies()]
    ):
        # The SDK keeps 5.7 of it in any case, and with either of the two left out 9.7.
        assert await growth(client, queue) < 7.5 * LARGE


def test_nothing_asks_by_which_context_a_payload_is_stored() -> None:
    assert data_converter.payload_codec is None
    assert data_converter.external_storage is None
