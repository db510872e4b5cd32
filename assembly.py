"""Where the rooms meet: every adapter built once, and handed to the activities that ask for it."""

from __future__ import annotations

import contextlib
import os
import socket
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from activities.attempts import Attempts
from activities.by_hand import ByHand
from activities.calls import PaidCalls
from activities.changes import Changes
from activities.checking import Checking
from activities.chronicle import Chronicle
from activities.claiming import Claiming
from activities.configuring import WITH_NETWORK, Configuring, Host
from activities.contexts import Contexts
from activities.definitions import Definitions
from activities.generating import Generating
from activities.interceptor import FaberInterceptor
from activities.phases import Phases
from activities.recording import Recording
from activities.registering import Registering
from activities.releasing import Releasing
from activities.reporting import Reporting
from activities.sessions import Sessions
from activities.steps import Steps
from activities.tool_use import ToolUse
from activities.upkeep import Upkeep
from adapters.agents.command_line import agent_git, agent_home
from adapters.agents.create import create_agent
from adapters.artifacts.folder import FolderArtifacts
from adapters.journal.folder import FolderJournal
from adapters.models import ToolSpec
from adapters.models.providers import Providers
from adapters.notifier.create import open_notifier
from adapters.processes import Sandbox
from adapters.processes.environment import allow_listed
from adapters.processes.sandbox import isolates_network, level
from adapters.processes.supervised import SupervisedProcesses
from adapters.records import Records
from adapters.records.sql import open_records
from adapters.telemetry import Telemetry
from adapters.tools import Tools
from adapters.tools.confined import ConfinedTools
from adapters.tools.specs import READING, all_specs
from adapters.web import Web
from adapters.web.http import HttpWeb
from adapters.workspace.git_workspace import GitWorkspace
from adapters.workspace.lent import lend
from domain.redaction import KnownSecrets, Redactor
from faber.contract.turns import ToolsRequest
from faber.settings import Settings


@dataclass(frozen=True)
class Assembly:
    """The activities with their adapters in hand. `host` is what this worker's host is and can do."""

    host: Host
    interceptor: FaberInterceptor
    model_activities: list[Callable[..., Any]]
    exec_activities: list[Callable[..., Any]]
    io_activities: list[Callable[..., Any]]
    pure_activities: list[Callable[..., Any]]
    workspace: GitWorkspace
    processes: SupervisedProcesses
    model: Providers
    records: Records
    web: Web

    async def close(self) -> None:
        """End every connection that is kept."""
        await self.model.close()
        await self.records.close()
        await self.web.close()


def assemble(
    settings: Settings, home: Path, *, search_attributes: bool, telemetry: Telemetry | None = None
) -> Assembly:
    """Build every adapter once and hand it to the activities that ask for it."""
    environment, data = settings.environment, settings.data_dir
    owner = f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:8]}"
    redactor = Redactor.of_environment(environment)
    artifacts, journal, attempts = FolderArtifacts(settings.artifacts), FolderJournal(data), Attempts()
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

    def confine_agent(wanted: str, path: Path, run_id: str) -> Sandbox | None:
        # A coding agent calls its provider itself.
        sandbox = confine(wanted, path, network=True)
        if sandbox is None:
            return None
        placed = [
            lent for clone in workspace.clone_of(path) for lent in lend(path, clone, agent_git(data, run_id))
        ]
        return replace(sandbox, readable=(path / ".git",), placed=tuple(placed))

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
        confine=confine_agent,
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
    chronicle = Chronicle(journal)
    configuring = Configuring(
        workspace=workspace, artifacts=artifacts, chronicle=chronicle, catalogue=model, host=host
    )
    claiming = Claiming(workspace=workspace, artifacts=artifacts, journal=journal)
    secrets = KnownSecrets.of_environment(environment)
    changes = Changes(workspace=workspace, artifacts=artifacts, journal=journal, secrets=secrets)
    releasing = Releasing(workspace=workspace, artifacts=artifacts)
    reporting = Reporting(workspace=workspace, artifacts=artifacts, chronicle=chronicle, processes=processes)
    upkeep = Upkeep(
        workspace=workspace,
        journal=journal,
        home=home,
        agent_folders=lambda run_id: (agent_home(data, run_id), agent_git(data, run_id)),
    )
    by_hand = ByHand(workspace=workspace, home=home)
    records, contexts, web = open_records(settings.database_url), Contexts(artifacts), HttpWeb(environment)
    definitions = Definitions(
        records=records,
        contexts=contexts,
        chronicle=chronicle,
        home=home,
        environment=environment,
        search_attributes=search_attributes,
    )
    steps = Steps(
        contexts=contexts,
        web=web,
        notifier=open_notifier(environment, data),
        journal=journal,
        attempts=attempts,
        environment=environment,
    )
    generating = Generating(calls=calls, contexts=contexts, records=records, home=home)
    recording = Recording(records=records, chronicle=chronicle)
    registering = Registering(records=records)
    turns: list[Callable[..., Any]] = [
        *(phases.frame, phases.architect, phases.build, phases.evaluate, phases.release),
        phases.tell_spend,
    ]
    return Assembly(
        host=host,
        interceptor=FaberInterceptor(redactor.redact, telemetry, chronicle.project_of),
        model_activities=[*turns, generating.ai_generate],
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
            by_hand.fetch_work_item,
            by_hand.comment_on_work_item,
            by_hand.create_specification,
            by_hand.create_pull_request,
        ],
        io_activities=[
            definitions.load_definition,
            recording.record_run,
            registering.consult_registry,
            steps.approval,
            steps.api_call,
        ],
        pure_activities=[steps.form, steps.conditional, steps.list_items, steps.put_away],
        workspace=workspace,
        processes=processes,
        model=model,
        records=records,
        web=web,
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
