"""The TypeScript package as a plugin of the real Claude Code: it is valid, and its slash command delivers."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from adapters.models.script import Script as Answers
from tests.delivery.conftest import NewSite
from tests.stand_in import ModelServer

PLUGIN = Path(__file__).parents[2] / "plugin"


@pytest.fixture
def plugin() -> Path:
    assert (PLUGIN / "dist/bin.js").is_file(), "the package is not built: make plugin"
    return PLUGIN


async def claude(agents: Path, *argv: str, cwd: Path, **more: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *(str(agents / "claude"), *argv),
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "HOME": str(cwd.parent), **more},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


async def test_the_plugin_is_valid_in_claude_codes_own_eyes(agents: Path, tmp_path: Path) -> None:
    where = tmp_path / "empty"
    where.mkdir()
    code, said = await claude(agents, "plugin", "validate", "--strict", str(PLUGIN), cwd=where)
    assert code == 0, said


async def test_the_slash_command_delivers(
    agents: Path, plugin: Path, new_agent_site: NewSite, provider: ModelServer
) -> None:
    site = new_agent_site(workflow={"autonomy": "autonomous"})
    command = f'node "{plugin}/dist/bin.js" workflow run 1 --budget 9'
    call = {"name": "Bash", "arguments": {"command": command, "description": "deliver it"}}
    words = {"phases": {"command": [[{"text": "On it.", "tool_calls": [call]}, {"text": "Delivered."}]]}}
    provider.script = Answers.model_validate(words)
    before = len(provider.calls)
    code, said = await claude(
        agents,
        *("-p", "/fractary-faber:workflow-run 1 --budget 9", "--output-format", "json"),
        # Nothing is allowed by the plugin itself: a run spends money, and its options decide who is asked.
        *("--plugin-dir", str(plugin), "--allowedTools", "Bash(node:*)"),
        cwd=site.checkout,
        TEMPORAL_ADDRESS=site.client.service_client.config.target_host,
        TEMPORAL_NAMESPACE=site.client.namespace,
        FABER_PYTHON=sys.executable,
        **provider.environment(),
    )
    assert code == 0, said
    ended = json.loads(said)
    assert (ended["result"], ended["permission_denials"]) == ("Delivered.", [])
    first, *_, last = [json.dumps(call.body["messages"]) for call in provider.calls[before:] if call.tools]
    assert json.dumps(f'node "{plugin}/dist/bin.js" workflow run <arguments>')[1:-1] in first
    assert "a word of its own: 1 --budget 9" in first
    assert '\\"status\\": \\"completed\\"' in last
