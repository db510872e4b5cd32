"""The worker: polls Temporal with what `assembly` puts together."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxRestrictions

from activities.janitor import clear_gone_runs
from adapters.engine.binary import find_cli
from adapters.engine.dev_server import start_dev_server
from adapters.engine.search_attributes import register_search_attributes
from adapters.models.catalogue import default_model
from adapters.processes.sandbox import level
from adapters.telemetry import Telemetry
from adapters.telemetry.logs import start_logging
from adapters.telemetry.start import start_telemetry
from assembly import Assembly, assemble
from faber.connection import connect
from faber.contract.names import EXEC_QUEUE, IO_QUEUE, LLM_QUEUE, QUEUES, TASK_QUEUE, host_queue
from faber.env_file import read_env_file
from faber.errors import FaberError
from faber.settings import Settings
from workflows.by_hand import FaberComment, FaberPullRequest, FaberSpecification, FaberWorkItem
from workflows.definition_run import DefinitionRun
from workflows.dual_run import DefinitionDualRun
from workflows.faber_run import FaberRun
from workflows.registry import DefinitionRegistry
from workflows.runner import OwnCopies, Runner
from workflows.upkeep import FaberMerge, FaberPrune

ONE_SECOND = timedelta(seconds=1)
# Else each run has its own copy of its workflow's module; tests/workflows/test_determinism.py looks at what they ask.
RESTRICTIONS = SandboxRestrictions.default.with_passthrough_modules("workflows")
MODEL_GRACE = timedelta(seconds=20)
HTTP_GRACE_S = 20.0


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Options:
    dev: bool
    http: bool
    queues: tuple[str, ...]
    home: str


def read_options(argv: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser(prog="worker.py", description=__doc__)
    parser.add_argument("--dev", action="store_true", help="start a Temporal server here unless one is named")
    parser.add_argument("--http", action="store_true", help="serve the HTTP API as well")
    parser.add_argument("--queue", action="append", choices=QUEUES, help="serve only this queue; repeatable")
    parser.add_argument("--repo", default=os.getcwd(), help="the repository of runs that name none")
    given = parser.parse_args(argv)
    return Options(dev=given.dev, http=given.http, queues=tuple(given.queue or QUEUES), home=given.repo)


def workers(client: Client, assembly: Assembly, queues: Sequence[str]) -> list[Worker]:
    """One Temporal worker for each queue; the execution queue is served for everybody and for this host."""
    common: dict[str, Any] = {
        "interceptors": [assembly.interceptor, OwnCopies()],
        "max_heartbeat_throttle_interval": ONE_SECOND,
        "default_heartbeat_throttle_interval": ONE_SECOND,
        "build_id": "faber",
    }
    telling: dict[str, Any] = {
        "workflows": [
            *(FaberRun, FaberMerge, FaberPrune),
            *(FaberWorkItem, FaberComment, FaberSpecification, FaberPullRequest),
            *(DefinitionRun, DefinitionRegistry, DefinitionDualRun),
        ],
        "activities": assembly.pure_activities,
        "workflow_runner": Runner(restrictions=RESTRICTIONS),
        "max_cached_workflows": 200,
        # A parked run is answered this soon after its worker was replaced.
        "sticky_queue_schedule_to_start_timeout": timedelta(seconds=2),
    }
    calling: dict[str, Any] = {
        "activities": assembly.model_activities,
        "graceful_shutdown_timeout": MODEL_GRACE,
        "max_concurrent_activities": 50,
    }
    working: dict[str, Any] = {"activities": assembly.exec_activities}
    talking: dict[str, Any] = {"activities": assembly.io_activities}
    served = [
        (TASK_QUEUE, TASK_QUEUE, telling),
        (LLM_QUEUE, LLM_QUEUE, calling),
        (IO_QUEUE, IO_QUEUE, talking),
    ]
    served += [(EXEC_QUEUE, name, working) for name in (EXEC_QUEUE, host_queue(assembly.host.id))]
    return [
        Worker(client, task_queue=name, **common, **more) for queue, name, more in served if queue in queues
    ]


@contextlib.asynccontextmanager
async def serving(client: Client, assembly: Assembly, queues: Sequence[str]) -> AsyncIterator[None]:
    """Polls inside the context; on the way out every worker is shut down and what it started has ended."""
    async with contextlib.AsyncExitStack() as stack:
        for worker in workers(client, assembly, queues):
            await stack.enter_async_context(worker)
        yield
    await assembly.close()


async def serve(options: Options, settings: Settings, telemetry: Telemetry, stop: asyncio.Event) -> None:
    ends: list[asyncio.Task[Any]] = [asyncio.create_task(stop.wait())]
    async with contextlib.AsyncExitStack() as stack:
        if options.dev and settings.temporal_address is None:
            cli = await find_cli(settings, say)
            server = await stack.enter_async_context(start_dev_server(settings.data_dir, cli, say))
            ends.append(asyncio.create_task(server.lost()))
            engine = server.engine
            say(f"Temporal: {engine.address}, web UI {engine.ui}, namespace {engine.namespace}")
        client = await connect(settings, telemetry.interceptors)
        listed = await register_search_attributes(client, say)
        assembly = assemble(settings, Path(options.home), search_attributes=listed, telemetry=telemetry)
        await clear_gone_runs(client, assembly.workspace, assembly.processes, say)
        async with serving(client, assembly, options.queues):
            say(f"worker ready: {', '.join(options.queues)} (pid {os.getpid()}, sandbox {level()})")
            api = [asyncio.create_task(answer_http(settings, telemetry, stop))] if options.http else []
            done, left = await asyncio.wait([*ends, *api], return_when=asyncio.FIRST_COMPLETED)
            say("worker: shutting down")
            stop.set()
            if api:
                await asyncio.wait(api, timeout=HTTP_GRACE_S)
            for end in left:
                end.cancel()
    for end in done:
        await end


async def answer_http(settings: Settings, telemetry: Telemetry, stop: asyncio.Event) -> None:
    # A worker alone does without what the API imports.
    from http_api.serving import serve as serve_http
    from http_api.settings import ApiSettings

    await serve_http(ApiSettings.read(settings.environment), stop, say, telemetry=telemetry)


async def main(argv: Sequence[str]) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    options, telemetry = read_options(argv), Telemetry()
    try:
        read_env_file()
        settings = Settings.read()
        start_logging(settings.environment)
        # Who shall answer without a key is known now, and not when the first run fails of it.
        default_model(settings.environment)
        telemetry = start_telemetry(settings, "faber-worker", say)
        await serve(options, settings, telemetry, stop)
    except FaberError as error:
        say(f"worker: {error.message}")
        return 6 if error.code in {"UNREACHABLE", "ENGINE_UNAVAILABLE"} else 1
    finally:
        await asyncio.to_thread(telemetry.close)
    return 0


def leave(code: int) -> None:
    """End without the interpreter's own teardown, in which the SDK's native threads sometimes abort."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    leave(asyncio.run(main(sys.argv[1:])))
