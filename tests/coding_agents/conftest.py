"""A worker that finds the real agents on its PATH and a stand-in for their providers."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from temporalio.client import Client

from adapters.models.script import Script as Answers
from tests.delivery.conftest import NewSite, Site, serving_all
from tests.delivery.places import Script, happy_script, make_repository, write_script
from tests.stand_in import ModelServer

PORT, UI_PORT = 17533, 18533


@pytest.fixture(scope="session")
def provider() -> Iterator[ModelServer]:
    with ModelServer(happy_script()) as server:
        yield server


@pytest.fixture(scope="session")
async def served_with_agents(
    cli: Path, agents: Path, provider: ModelServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Client]:
    python = Path(sys.executable).parent
    path = os.pathsep.join((str(agents), str(python), os.environ["PATH"]))
    more = {**provider.environment(), "PATH": path}
    async with serving_all(cli, tmp_path_factory.mktemp("agents"), PORT, UI_PORT, more) as client:
        yield client


@pytest.fixture
def new_agent_site(served_with_agents: Client, provider: ModelServer, tmp_path: Path) -> NewSite:
    """`new_agent_site(build_turns, workflow={...})`: the agent's provider answers with these turns."""

    def make(script: Script | None = None, **repository: object) -> Site:
        words = script or happy_script()
        provider.script = Answers.model_validate({"phases": {"build": words["phases"]["build"]}})
        model = write_script(tmp_path, words)
        return Site(served_with_agents, tmp_path, make_repository(tmp_path, model, **repository))  # type: ignore[arg-type]

    return make
