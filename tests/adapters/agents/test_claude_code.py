"""The real Claude Code against a model on loopback: done, refused, capped, stopped, killed and resumed."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator

import pytest

from adapters.processes import Sandbox
from faber.contract.config import AgentConfig
from faber.contract.money import Usage
from faber.errors import AgentFailed
from tests.adapters.agents.conftest import Desk, kill_tree, tree
from tests.adapters.agents.sessions import DONE, PROMPT, bash, conversations, script
from tests.stand_in import ModelServer, refusal
from tests.waiting import eventually

CLAUDE = AgentConfig(preset="claude-code")
WAITING = "echo $$ > started && sleep 600"


@pytest.fixture
def server(agent_desk: Desk) -> Iterator[ModelServer]:
    with ModelServer(script(bash("echo hi > made"))) as running:
        agent_desk.environment |= running.environment()
        yield running


async def test_a_session_does_its_work_and_tells_its_cost_usage_and_model(
    agent_desk: Desk, server: ModelServer
) -> None:
    task = agent_desk.task(PROMPT)
    answer = await agent_desk.run(CLAUDE, task)
    assert (agent_desk.folder / "made").read_text() == "hi\n"
    assert (answer.text, answer.session_id, answer.turns) == (DONE, task.session_key, 2)
    assert agent_desk.sessions == [task.session_key]
    assert answer.cost_microusd and answer.usage and answer.usage.input_tokens > 0
    assert answer.model and answer.denied == ()
    assert "echo hi > made" in answer.transcript


async def test_the_model_of_the_configuration_is_the_one_that_is_asked(
    agent_desk: Desk, server: ModelServer
) -> None:
    await agent_desk.run(CLAUDE, agent_desk.task(PROMPT, model="claude-haiku-4-5"))
    assert {call.model for call in server.calls} == {"claude-haiku-4-5"}


async def test_a_refused_tool_is_named_although_the_session_ends_well(
    agent_desk: Desk, server: ModelServer
) -> None:
    server.script = server.script.model_validate(
        script({"tool_calls": [{"name": "WebSearch", "arguments": {"query": "anything"}}]})
    )
    answer = await agent_desk.run(CLAUDE, agent_desk.task(PROMPT))
    assert answer.text == DONE and answer.denied == ("WebSearch",)


async def test_the_cap_ends_the_session_and_what_it_cost_is_known(
    agent_desk: Desk, server: ModelServer
) -> None:
    with pytest.raises(AgentFailed, match=r"Reached maximum budget \(\$0.001\)") as raised:
        await agent_desk.run(CLAUDE, agent_desk.task(PROMPT, max_cost_microusd=1000))
    assert raised.value.details["cost_microusd"] > 1000


@pytest.mark.parametrize("status", [401, 500])
async def test_an_error_of_the_provider_fails_though_its_subtype_says_success(
    agent_desk: Desk, server: ModelServer, status: int
) -> None:
    server.meet_next(*[refusal(status, "prepared refusal") for _ in range(20)])
    with pytest.raises(AgentFailed, match=str(status)) as raised:
        await agent_desk.run(CLAUDE, agent_desk.task(PROMPT))
    assert len(server.calls) < 10
    assert raised.value.details["cost_microusd"] == 0


async def test_a_timeout_gives_it_time_to_tell_its_cost_and_ends_its_tool(
    agent_desk: Desk, server: ModelServer
) -> None:
    server.script = server.script.model_validate(script(bash(WAITING)))
    with pytest.raises(AgentFailed, match="stopped after 4 s") as raised:
        await agent_desk.run(CLAUDE, agent_desk.task(PROMPT, timeout_s=4.0))
    assert raised.value.details["cost_microusd"] > 0
    assert not tree()


def written(desk: Desk) -> str:
    files = (desk.data / "agents/run-1/claude/projects").rglob("*.jsonl")
    return "".join(file.read_text(errors="replace") for file in files)


async def test_a_session_killed_in_its_midst_is_booked_and_resumed(
    agent_desk: Desk, server: ModelServer
) -> None:
    server.script = server.script.model_validate(script(bash(WAITING)))
    running = asyncio.create_task(agent_desk.run(CLAUDE, agent_desk.task(PROMPT)))
    await eventually((agent_desk.folder / "started").exists, "its tool ran")
    # The agent writes down what it did a moment after it began it.
    await eventually(lambda: '"usage"' in written(agent_desk), "its call was written down")
    kill_tree()
    with pytest.raises(AgentFailed) as raised:
        await running
    details, session = raised.value.details, agent_desk.sessions[0]
    assert details["session_id"] == session and details["usage_is_total"]
    assert isinstance(details["usage"], Usage) and details["usage"].input_tokens > 0

    server.script = server.script.model_validate(script())
    before = len(server.calls)
    answer = await agent_desk.run(CLAUDE, agent_desk.task(PROMPT, resume=session))
    assert (answer.text, answer.session_id) == (DONE, session)
    assert any("On it." in said and "was killed" in said for said in conversations(server)[before:])


async def test_a_session_killed_before_it_began_starts_anew_under_its_id(
    agent_desk: Desk, server: ModelServer
) -> None:
    session = agent_desk.task(PROMPT).session_key
    project = re.sub(r"[^A-Za-z0-9]", "-", str(agent_desk.folder))
    begun = agent_desk.data / "agents/run-1/claude/projects" / project / f"{session}.jsonl"
    begun.parent.mkdir(parents=True)
    begun.write_text(
        json.dumps({"type": "queue-operation", "operation": "enqueue", "sessionId": session}) + "\n"
    )
    answer = await agent_desk.run(CLAUDE, agent_desk.task(PROMPT, resume=session))
    assert (answer.text, answer.session_id) == (DONE, session)


async def test_neither_the_users_nor_the_repositorys_hooks_fire(
    agent_desk: Desk, server: ModelServer
) -> None:
    planted = agent_desk.folder.parent / "planted"
    hook = {"hooks": [{"type": "command", "command": f"touch {planted}"}]}
    settings = json.dumps({"hooks": {"SessionStart": [hook], "PreToolUse": [{"matcher": "*", **hook}]}})
    for folder in (agent_desk.folder, agent_desk.folder.parent):
        (folder / ".claude").mkdir()
        (folder / ".claude/settings.json").write_text(settings)
    await agent_desk.run(CLAUDE, agent_desk.task(PROMPT))
    assert (agent_desk.folder / "made").exists() and not planted.exists()


async def test_its_tools_see_no_other_secrets_of_the_worker(agent_desk: Desk, server: ModelServer) -> None:
    server.script = server.script.model_validate(script(bash("env > seen")))
    agent_desk.environment["CANARY"] = "of-the-worker"
    await agent_desk.run(CLAUDE, agent_desk.task(PROMPT))
    seen = (agent_desk.folder / "seen").read_text()
    assert "of-the-worker" not in seen and "key-of-openai" not in seen


async def test_confined_it_works_in_its_worktree_and_nowhere_else(
    agent_desk: Desk, server: ModelServer
) -> None:
    outside = agent_desk.folder.parent / "outside"
    server.script = server.script.model_validate(script(bash(f"echo hi > made; echo hi > {outside}")))
    sandbox = Sandbox(writable=(agent_desk.folder,), hidden=(agent_desk.data,))
    answer = await agent_desk.run(CLAUDE, agent_desk.task(PROMPT, sandbox=sandbox))
    assert answer.text == DONE
    assert (agent_desk.folder / "made").exists() and not outside.exists()
