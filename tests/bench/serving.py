"""`python -m tests.bench.serving steps|starts|trivial`: a worker process that is measured."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import Any

import httpx
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker

from tests.bench import raw
from tests.bench.calling import Calling

READY = "worker ready"


async def raw_workers(cached: int | None, web: httpx.AsyncClient) -> list[Worker]:
    """What the SDK's own documentation shows, its pydantic converter included."""
    client = await Client.connect(
        os.environ["TEMPORAL_ADDRESS"],
        namespace=os.environ["TEMPORAL_NAMESPACE"],
        data_converter=pydantic_data_converter,
    )
    some: dict[str, Any] = {} if cached is None else {"max_cached_workflows": cached}
    return [
        Worker(
            client, task_queue=raw.QUEUE, workflows=[raw.RawSteps, raw.RawWait], activities=[raw.step], **some
        ),
        Worker(client, task_queue=raw.ACTIVITY_QUEUE, activities=[raw.step, Calling(web).call]),
    ]


async def own_workers() -> list[Worker]:
    """The product's workers, with every option of theirs, polling for the bench's workflow and activity."""
    import worker as product
    from assembly import assemble
    from faber.connection import connect
    from faber.contract.names import EXEC_QUEUE, QUEUES, TASK_QUEUE
    from faber.settings import Settings
    from tests.bench import own

    settings = Settings.read()
    client = await connect(settings)
    assembly = assemble(settings, Path.cwd(), search_attributes=False)
    made = [dict[str, Any](one.config()) for one in product.workers(client, assembly, QUEUES)]
    flows, activities = (
        next(one for one in made if one["task_queue"] == queue) for queue in (TASK_QUEUE, EXEC_QUEUE)
    )
    flows.update(task_queue=own.QUEUE, workflows=[own.OwnSteps], activities=[own.Own().step])
    activities.update(task_queue=own.ACTIVITY_QUEUE, activities=[own.Own().step])
    return [Worker(**flows), Worker(**activities)]


async def starting_worker() -> Worker:
    """Takes up what the product's own door starts, and ends it at once."""
    from faber.connection import connect
    from faber.contract.names import TASK_QUEUE
    from faber.settings import Settings

    client = await connect(Settings.read())
    return Worker(client, task_queue=TASK_QUEUE, workflows=[raw.Nothing])


async def main(what: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        web = await stack.enter_async_context(httpx.AsyncClient())
        workers = await raw_workers(200 if what == "trivial" else None, web)
        workers += await own_workers() if what == "steps" else []
        workers += [await starting_worker()] if what == "starts" else []
        for one in workers:
            await stack.enter_async_context(one)
        print(READY, file=sys.stderr, flush=True)
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
    os._exit(0)
