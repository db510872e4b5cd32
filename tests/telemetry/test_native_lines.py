"""What Temporal's native half says is a log line like the others: one JSON object, and nothing secret in it."""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from pathlib import Path

from tests.crash.processes import Server
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
SECRET = "sk-" + "a1" * 12
# A workflow task that fails is told of by the native half, with the error's own words.
PROGRAM = f"""
import asyncio, sys
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker
from adapters.telemetry.logs import start_logging

@workflow.defn
class Fails:
    @workflow.run
    async def run(self) -> None:
        raise RuntimeError("refused: {SECRET}")

async def main(address, namespace, name):
    start_logging({{}})
    client = await Client.connect(address, namespace=namespace)
    runner = UnsandboxedWorkflowRunner()
    async with Worker(client, task_queue=name, workflows=[Fails], workflow_runner=runner):
        await client.start_workflow(Fails.run, id=name, task_queue=name)
        await asyncio.Event().wait()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_what_the_native_half_says_is_a_line_of_json_without_a_secret(temporal: Server) -> None:
    assert temporal.engine is not None
    where = (temporal.engine.address, temporal.engine.namespace, uuid.uuid4().hex)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM, *where),
        cwd=ROOT,
        stderr=asyncio.subprocess.PIPE,
    )
    lines: list[str] = []

    async def read() -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            lines.append(line.decode())

    reader = asyncio.create_task(read())
    try:
        await eventually(lambda: any("Failing workflow task" in line for line in lines), "it is told")
    finally:
        process.kill()
        await process.wait()
        await reader
    [told, *_] = [record for record in map(json.loads, lines) if "Failing workflow task" in record["message"]]
    assert (told["level"], told["logger"]) == ("WARNING", "temporalio")
    assert SECRET not in "".join(lines)
