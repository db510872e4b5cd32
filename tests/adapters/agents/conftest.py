"""What every session here starts from."""

from __future__ import annotations

import os
import subprocess
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from adapters.agents import AgentAnswer, AgentTask
from adapters.agents.create import create_agent
from adapters.processes.supervised import SupervisedProcesses
from faber.contract.config import AgentConfig


@dataclass
class Desk:
    """One repository, one data folder, one worker; `sessions` are the ids that were told while running."""

    folder: Path
    data: Path
    environment: dict[str, str]
    sessions: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        subprocess.run(["git", "init", "--quiet", self.folder], check=True)
        self.processes = SupervisedProcesses(self.data, "worker-1")

    def task(self, prompt: str, **fields: object) -> AgentTask:
        values: dict[str, object] = {
            "cwd": self.folder,
            "run_id": "run-1",
            "lease": "run-1/build/1/1",
            "session_key": str(uuid.uuid5(uuid.NAMESPACE_URL, str(self.folder))),
            "resume": None,
            "max_cost_microusd": 5_000_000,
            "timeout_s": 60.0,
        }
        return AgentTask(prompt=prompt, **(values | fields))  # type: ignore[arg-type]

    async def run(self, config: AgentConfig, task: AgentTask) -> AgentAnswer:
        agent = create_agent(config, self.processes, self.data, self.environment)
        return await agent.run(task, self.sessions.append)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(
        tmp_path / "repository", tmp_path / "data", {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    )


@pytest.fixture
def agent_desk(tmp_path: Path, agents: Path) -> Desk:
    path = f"{agents}:{os.environ['PATH']}"
    return Desk(tmp_path / "repository", tmp_path / "data", {"PATH": path, "HOME": str(tmp_path)})


def tree() -> list[psutil.Process]:
    """The processes of the agent that runs now: all below the supervisor. Servers are our children too."""
    children = [child for child in psutil.Process().children() if supervises(child)]
    return [process for child in children for process in child.children(recursive=True)]


def supervises(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return any(word.endswith("supervisor.py") for word in process.cmdline())
    return False


def kill_tree() -> None:
    for process in tree():
        with suppress(psutil.NoSuchProcess):
            process.kill()
