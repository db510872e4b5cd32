"""The image's health check, run as Docker runs it: healthy only while this host's worker polls."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from pathlib import Path

from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker

from adapters.engine.dev_server import start_dev_server
from deploy.healthcheck import polls
from faber.contract.names import LLM_QUEUE
from tests.waiting import eventually

SCRIPT = Path(__file__).parents[2] / "deploy/healthcheck.py"


@activity.defn
async def nothing() -> None:
    """A worker needs something to serve."""


async def healthcheck(address: str) -> tuple[int, str]:
    env = {**os.environ, "TEMPORAL_ADDRESS": address, "TEMPORAL_NAMESPACE": "faber"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, SCRIPT, env=env, stdout=asyncio.subprocess.PIPE
    )
    stdout, _ = await process.communicate()
    return await process.wait(), stdout.decode().strip()


async def test_a_host_is_healthy_once_its_worker_polls_and_not_for_a_worker_elsewhere(
    tmp_path: Path, cli: Path
) -> None:
    # A server of its own: the pollers of other tests are remembered for minutes, and are of this host too.
    async with start_dev_server(tmp_path, cli, print, port=17333, ui_port=18333) as server:
        address = server.engine.address
        client = await Client.connect(address, namespace="faber")
        async with Worker(client, task_queue=LLM_QUEUE, activities=[nothing], identity="1@elsewhere"):
            await eventually(lambda: polls(client, "elsewhere"), "the other host's worker polls")
            assert await healthcheck(address) == (1, "no worker of this host polls Temporal")
        async with Worker(client, task_queue=LLM_QUEUE, activities=[nothing]):
            await eventually(lambda: polls(client, socket.gethostname()), "this host's worker polls")
            assert await healthcheck(address) == (0, "a worker of this host polls Temporal")


async def test_a_host_whose_temporal_is_gone_is_not_healthy() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        code, reason = await healthcheck(f"127.0.0.1:{taken.getsockname()[1]}")
    assert code == 1
    assert reason.startswith("Temporal does not answer")
