"""Starts one Temporal dev server process and waits until it serves."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO

import psutil
from temporalio.api.workflowservice.v1 import UpdateNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from adapters.engine import Engine, engine_file, keeper
from adapters.engine.ports import LOOPBACK, listens
from faber.errors import EngineUnavailable

RETENTION = timedelta(days=30)
READY_WITHIN_S = 60.0
POLL_S = 0.1
LAST_WORDS = 5

# A default server polls each shard 20 times a second, about 95 ms for every sequential step. The poll rate
# alone would bring stalls of 2 s, because one of four partitions is refused by the forwarder: hence one.
TUNING = (
    "--sqlite-pragma=journal_mode=WAL",
    "--dynamic-config-value=history.transferProcessorMaxPollRPS=1000",
    "--dynamic-config-value=matching.numTaskqueueReadPartitions=1",
    "--dynamic-config-value=matching.numTaskqueueWritePartitions=1",
    "--dynamic-config-value=system.enableActivityEagerExecution=true",
)


@dataclass(frozen=True)
class Plan:
    """What to start. A detached server outlives its starter."""

    cli: Path
    data_dir: Path
    namespace: str
    port: int
    ui_port: int
    detached: bool

    @property
    def log(self) -> Path:
        return self.data_dir / "engine.log"

    def argv(self) -> Iterator[str]:
        yield from (str(self.cli), "server", "start-dev", "--ip", LOOPBACK, "--namespace", self.namespace)
        yield from ("--port", str(self.port), "--ui-port", str(self.ui_port))
        yield from ("--db-filename", str(self.data_dir / "temporal.db"), *TUNING)


@dataclass(frozen=True)
class Launched:
    engine: Engine
    keeper: subprocess.Popen[bytes]

    async def end(self) -> None:
        """Closes the keeper's pipe and waits until it has ended the server, which it leaves when detached."""
        await asyncio.to_thread(_end, self.keeper)


def _end(process: subprocess.Popen[bytes]) -> None:
    with process:
        pass


async def launch(plan: Plan, lock: IO[str]) -> Launched:
    """Serving when it returns. The server's process holds `lock` from then on; raises EngineUnavailable."""
    process = _spawn(plan, lock)
    try:
        server = psutil.Process(_pid(process, plan))
        engine = Engine(
            address=f"{LOOPBACK}:{plan.port}",
            namespace=plan.namespace,
            ui=f"http://{LOOPBACK}:{plan.ui_port}",
            pid=server.pid,
            started_at=server.create_time(),
        )
        await _until_serving(engine, server, plan)
    except psutil.NoSuchProcess as problem:
        await asyncio.to_thread(_end, process)
        raise _died(plan) from problem
    except BaseException:
        await asyncio.to_thread(_end, process)
        raise
    return Launched(engine, process)


def _spawn(plan: Plan, lock: IO[str]) -> subprocess.Popen[bytes]:
    mode = ["--detached"] if plan.detached else []
    with plan.log.open("ab") as log:
        # A session of its own: Ctrl-C reaches the worker, which still needs the server to end its work.
        # Neither the user's Temporal profile nor any key in the environment is the server's business.
        return subprocess.Popen(
            [sys.executable, "-I", keeper.__file__, *mode, *plan.argv()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env={"HOME": str(plan.data_dir), "PATH": os.defpath},
            start_new_session=True,
            pass_fds=(lock.fileno(),),
        )


def _pid(process: subprocess.Popen[bytes], plan: Plan) -> int:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise _died(plan)
    return int(line)


async def _until_serving(engine: Engine, server: psutil.Process, plan: Plan) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while engine_file.process(engine):
        # Somebody else's server may answer at a port that was free a moment ago.
        if listens(server, plan.port) and await _keeps_history(engine):
            return
        if time.monotonic() > deadline:
            raise EngineUnavailable(
                f"the Temporal server did not serve within {READY_WITHIN_S:.0f} s; its log is {plan.log}"
            )
        await asyncio.sleep(POLL_S)
    raise _died(plan)


async def _keeps_history(engine: Engine) -> bool:
    """Sets the namespace's retention, which needs all that serving needs; False while that is not there."""
    request = UpdateNamespaceRequest(namespace=engine.namespace)
    request.config.workflow_execution_retention_ttl.FromTimedelta(RETENTION)
    try:
        client = await Client.connect(engine.address, namespace=engine.namespace)
        await client.workflow_service.update_namespace(request)
    except (RPCError, RuntimeError):
        return False
    return True


def _died(plan: Plan) -> EngineUnavailable:
    words = plan.log.read_text(errors="replace").strip().splitlines()[-LAST_WORDS:]
    return EngineUnavailable(
        "\n".join([f"the Temporal server ended while it started; the end of {plan.log}:", *words])
    )
