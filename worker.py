"""The worker: where the rooms meet. Builds the adapters, hands them to the activities, polls Temporal."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from temporalio.client import Client
from temporalio.worker import Worker

from activities.attempts import Attempts
from activities.calls import PaidCalls
from activities.changes import Changes
from activities.checking import Checking
from activities.claiming import Claiming
from activities.configuring import WITH_NETWORK, Configuring, Host
from activities.interceptor import FaberInterceptor
from activities.janitor import clear_gone_runs
from activities.phases import Phases
from activities.releasing import Releasing
from activities.reporting import Reporting
from activities.sessions import Sessions
from activities.tool_use import ToolUse
from activities.upkeep import Upkeep
from adapters.agents.command_line import agent_home
from adapters.agents.create import create_agent
from adapters.artifacts.folder import FolderArtifacts
from adapters.engine.binary import find_cli
from adapters.engine.dev_server import start_dev_server
from adapters.engine.search_attributes import register_search_attributes
from adapters.journal.folder import FolderJournal
from adapters.models import ToolSpec
from adapters.models.providers import Providers
from adapters.processes import Sandbox
from adapters.processes.environment import allow_listed
from adapters.processes.sandbox import isolates_network, level
from adapters.processes.supervised import SupervisedProcesses
from adapters.tools import Tools
from adapters.tools.confined import ConfinedTools
from adapters.tools.specs import READING, all_specs
from adapters.workspace.git_workspace import GitWorkspace
from domain.redaction import Redactor
from faber.connection import connect
from faber.contract.names import EXEC_QUEUE, LLM_QUEUE, QUEUES, TASK_QUEUE, host_queue
from faber.contract.turns import ToolsRequest
from faber.errors import FaberError
from faber.settings import Settings
from workflows.faber_run import FaberRun
from workflows.upkeep import FaberMerge, FaberPrune

ONE_SECOND = timedelta(seconds=1)
MODEL_GRACE = timedelta(seconds=20)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Options:
    dev: bool
    queues: tuple[str, ...]
    home: str


def read_options(argv: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser(prog="worker.py", description=__doc__)
    parser.add_argument("--dev", action="store_true", help="start a Temporal server here unless one is named")
    parser.add_argument("--queue", action="append", choices=QUEUES, help="serve only this queue; repeatable")
    parser.add_argument("--repo", default=os.getcwd(), help="the repository of runs that name none")
    given = parser.parse_args(argv)
    return Options(dev=given.dev, queues=tuple(given.queue or QUEUES), home=given.repo)


@dataclass(frozen=True)
class Assembly:
    """The activities with their adapters in hand. `host` is what this worker's host is and can do."""

    host: Host
    interceptor: FaberInterceptor
    model_activities: list[Callable[..., Any]]
    exec_activities: list[Callable[..., Any]]
    workspace: GitWorkspace
    processes: SupervisedProcesses
    model: Providers


def assemble(settings: Settings, home: Path, *, search_attributes: bool) -> Assembly:
    """Build every adapter once and hand it to the activities that ask for it."""
    environment, data = settings.environment, settings.data_dir
    owner = f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:8]}"
    redactor = Redactor.of_environment(environment)
    artifacts, journal, attempts = FolderArtifacts(data / "artifacts"), FolderJournal(data), Attempts()
    processes, workspace = SupervisedProcesses(data, owner), GitWorkspace(data, environment)
    model = Providers(environment)
    host = Host(host_id(data), home, level() == "bwrap", search_attributes, environment, isolates_network())
    commands = allow_listed(environment)

    def confine(wanted: str, path: Path, network: bool = False) -> Sandbox | None:
        if wanted == "none":
            return None
        # Its clone stays readable, so that `git status` works in a worktree that hangs off it.
        readable = (path / ".git", *workspace.clone_of(path))
        network = network or wanted == WITH_NETWORK
        return Sandbox(writable=(path,), readable=readable, hidden=(data,), network=network)

    def make_tools(path: Path, request: ToolsRequest, lease: str) -> Tools:
        return ConfinedTools(
            path,
            processes,
            run_id=request.place.key.run_id,
            lease=lease,
            commands=request.commands,
            environment=commands,
            sandbox=confine(request.sandbox, path),
            redactor=redactor,
        )

    def offered(writing: bool, allowed: Sequence[str]) -> list[ToolSpec]:
        return [spec for name, spec in all_specs(tuple(allowed)).items() if writing or name in READING]

    sessions = Sessions(
        create=lambda config: create_agent(config, processes, data, environment),
        # A coding agent calls its provider itself.
        confine=partial(confine, network=True),
        workspace=workspace,
        journal=journal,
        processes=processes,
        attempts=attempts,
        owner=owner,
    )
    calls = PaidCalls(model, journal, attempts, owner)
    phases = Phases(artifacts=artifacts, calls=calls, sessions=sessions, offered=offered)
    tools = ToolUse(
        artifacts=artifacts,
        journal=journal,
        workspace=workspace,
        processes=processes,
        attempts=attempts,
        make_tools=make_tools,
        owner=owner,
    )
    checking = Checking(
        workspace=workspace,
        artifacts=artifacts,
        journal=journal,
        processes=processes,
        attempts=attempts,
        environment=commands,
        confine=confine,
        redact=redactor.redact,
        owner=owner,
    )
    configuring = Configuring(workspace=workspace, artifacts=artifacts, host=host)
    claiming = Claiming(workspace=workspace, artifacts=artifacts, journal=journal)
    changes = Changes(workspace=workspace, artifacts=artifacts, journal=journal)
    releasing = Releasing(workspace=workspace, artifacts=artifacts)
    reporting = Reporting(workspace=workspace, artifacts=artifacts, processes=processes)
    upkeep = Upkeep(workspace=workspace, journal=journal, home=home, agent_home=partial(agent_home, data))
    turns = [phases.frame, phases.architect, phases.build, phases.evaluate, phases.release]
    return Assembly(
        host=host,
        interceptor=FaberInterceptor(redactor.redact),
        model_activities=[*turns],
        exec_activities=[
            *turns,
            tools.use_tools,
            checking.run_checks,
            configuring.load_configuration,
            claiming.claim_work_item,
            changes.write_specification,
            changes.commit_change,
            changes.lay_out,
            changes.observe_world,
            changes.merge_base_in,
            releasing.push_branch,
            releasing.open_pull_request,
            releasing.merge_pull_request,
            reporting.report_progress,
            reporting.finish_run,
            upkeep.merge_delivered,
            upkeep.prune_runs,
        ],
        workspace=workspace,
        processes=processes,
        model=model,
    )


def host_id(data_dir: Path) -> str:
    """This data folder's own name, kept in it: worktrees are found again after a restart."""
    path = data_dir / "host-id"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"host-id.{os.getpid()}")
        partial.write_text(uuid.uuid4().hex[:12], encoding="utf-8")
        with contextlib.suppress(FileExistsError):
            os.link(partial, path)
        partial.unlink()
    return path.read_text(encoding="utf-8")


def workers(client: Client, assembly: Assembly, queues: Sequence[str]) -> list[Worker]:
    """One Temporal worker for each queue; the execution queue is served for everybody and for this host."""
    common: dict[str, Any] = {
        "interceptors": [assembly.interceptor],
        "max_heartbeat_throttle_interval": ONE_SECOND,
        "default_heartbeat_throttle_interval": ONE_SECOND,
        "build_id": "faber",
    }
    telling: dict[str, Any] = {
        "workflows": [FaberRun, FaberMerge, FaberPrune],
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
    served = [(TASK_QUEUE, TASK_QUEUE, telling), (LLM_QUEUE, LLM_QUEUE, calling)]
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
    await assembly.model.close()


async def serve(options: Options, settings: Settings, stop: asyncio.Event) -> None:
    ends: list[asyncio.Task[Any]] = [asyncio.create_task(stop.wait())]
    async with contextlib.AsyncExitStack() as stack:
        if options.dev and settings.temporal_address is None:
            cli = await find_cli(settings, say)
            server = await stack.enter_async_context(start_dev_server(settings.data_dir, cli, say))
            ends.append(asyncio.create_task(server.lost()))
            engine = server.engine
            say(f"Temporal: {engine.address}, web UI {engine.ui}, namespace {engine.namespace}")
        client = await connect(settings)
        listed = await register_search_attributes(client, say)
        assembly = assemble(settings, Path(options.home), search_attributes=listed)
        await clear_gone_runs(client, assembly.workspace, assembly.processes, say)
        async with serving(client, assembly, options.queues):
            say(f"worker ready: {', '.join(options.queues)} (pid {os.getpid()}, sandbox {level()})")
            done, left = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for end in left:
                end.cancel()
            say("worker: shutting down")
    for end in done:
        await end


async def main(argv: Sequence[str]) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await serve(read_options(argv), Settings.read(), stop)
    except FaberError as error:
        say(f"worker: {error.message}")
        return 6 if error.code in {"UNREACHABLE", "ENGINE_UNAVAILABLE"} else 1
    return 0


def leave(code: int) -> None:
    """End without the interpreter's own teardown, in which the SDK's native threads sometimes abort."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    leave(asyncio.run(main(sys.argv[1:])))
