"""What a workflow asks of Temporal, command by command, as it is replayed from a recorded history."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from temporalio.bridge.proto.workflow_commands import WorkflowCommand
from temporalio.client import WorkflowHistory
from temporalio.worker import Interceptor, Replayer, WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from faber.converter import data_converter
from workflows.definition_run import DefinitionRun
from workflows.dual_run import DefinitionDualRun
from workflows.faber_run import FaberRun
from workflows.registry import DefinitionRegistry

WORKFLOWS = (FaberRun, DefinitionRun, DefinitionRegistry, DefinitionDualRun)
RECORDED = Path(__file__).with_name("recorded")


def line_of(command: WorkflowCommand) -> str | None:
    """One line for each command that Temporal writes into the history, None for the others."""
    kind = command.WhichOneof("variant") or "nothing"
    if kind == "schedule_activity":
        return f"activity {command.schedule_activity.activity_type}"
    if kind == "update_response":
        return f"update {command.update_response.WhichOneof('response')}"
    return None if kind == "respond_to_query" else kind.replace("_", " ")


@dataclass
class Listening(WorkflowRunner):
    """Runs workflows as the worker does, and writes down what they ask for."""

    lines: list[str] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    runner: WorkflowRunner = field(default_factory=SandboxedWorkflowRunner)

    def prepare_workflow(self, defn: Any) -> None:
        self.runner.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        instance = self.runner.create_instance(det)
        activate = instance.activate

        def listened(activation: Any) -> Any:
            completion = activate(activation)
            commands = completion.successful.commands
            self.lines += [line for command in commands if (line := line_of(command))]
            self.results += [
                command.complete_workflow_execution.result.data.decode()
                for command in commands
                if command.HasField("complete_workflow_execution")
            ]
            return completion

        instance.activate = listened  # type: ignore[method-assign,assignment]
        return instance


@dataclass(frozen=True)
class Replayed:
    """`failure` is what Temporal says when the commands are not those of the history; `result` is that of a run
    that completes."""

    lines: list[str]
    failure: Exception | None
    result: Any


async def replay(
    history: WorkflowHistory, workflows: Sequence[type], interceptors: Sequence[Interceptor] = ()
) -> Replayed:
    """Against the production converter and the worker's own sandbox."""
    listening = Listening()
    replayer = Replayer(
        workflows=workflows,
        data_converter=data_converter,
        workflow_runner=listening,
        interceptors=interceptors,
    )
    result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
    documents = [json.loads(text) for text in listening.results]
    return Replayed(listening.lines, result.replay_failure, documents[-1] if documents else None)


def names() -> list[str]:
    return sorted(path.stem for path in RECORDED.glob("*.json"))


def history_of(name: str) -> WorkflowHistory:
    return WorkflowHistory.from_json(name, (RECORDED / f"{name}.json").read_text(encoding="utf-8"))


def fingerprint_of(name: str) -> list[str]:
    return (RECORDED / f"{name}.commands").read_text(encoding="utf-8").splitlines()
