"""The real Codex against a model on loopback: done, refused, capped by us, stopped, killed and resumed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from adapters.processes import Sandbox
from faber.contract.config import AgentConfig
from faber.contract.money import Price
from faber.errors import AgentFailed
from tests.adapters.agents.conftest import Desk, kill_tree, tree
from tests.adapters.agents.sessions import DONE, PROMPT, conversations, script, shell
from tests.stand_in import ModelServer, refusal
from tests.waiting import eventually

CODEX = AgentConfig(preset="codex")
# One that it does not know gets its plain tools, which is what the stand-in speaks of.
MODEL = "gpt-5-codex"
WAITING = "echo $$ > started && sleep 600"


@pytest.fixture
def server(agent_desk: Desk) -> Iterator[ModelServer]:
    with ModelServer(script(shell("echo hi > made"))) as running:
        agent_desk.environment |= running.environment()
        yield running


async def test_a_session_does_its_work_and_tells_its_thread_and_usage(
    agent_desk: Desk, server: ModelServer
) -> None:
    answer = await agent_desk.run(CODEX, agent_desk.task(PROMPT, model=MODEL))
    assert (agent_desk.folder / "made").read_text() == "hi\n"
    assert answer.text == DONE and [answer.session_id] == agent_desk.sessions
    assert answer.cost_microusd is None and answer.usage and answer.usage.input_tokens > 0
    assert not answer.usage_is_total and answer.denied == ()
    assert {call.key for call in server.calls} == {"key-of-openai"}
    assert "WebSocket" not in answer.transcript


async def test_a_refused_command_is_named_although_the_session_ends_well(
    agent_desk: Desk, server: ModelServer
) -> None:
    server.script = server.script.model_validate(script(shell("rm -f made")))
    answer = await agent_desk.run(CODEX, agent_desk.task(PROMPT, model=MODEL))
    assert answer.text == DONE and len(answer.denied) == 1 and "rm -f made" in answer.denied[0]


@pytest.mark.parametrize(("status", "said"), [(401, "401 Unauthorized"), (500, "high demand")])
async def test_an_error_of_the_provider_fails_after_a_few_tries(
    agent_desk: Desk, server: ModelServer, status: int, said: str
) -> None:
    server.meet_next(*[refusal(status, "prepared refusal") for _ in range(30)])
    with pytest.raises(AgentFailed, match=said) as raised:
        await agent_desk.run(CODEX, agent_desk.task(PROMPT, model=MODEL))
    assert len(server.calls) < 15
    assert raised.value.details["session_id"] == agent_desk.sessions[0]


async def test_a_provider_that_cannot_be_reached_is_not_waited_for(
    agent_desk: Desk, server: ModelServer
) -> None:
    server.close()
    with pytest.raises(AgentFailed, match="Connection failed"):
        await agent_desk.run(CODEX, agent_desk.task(PROMPT, model=MODEL))


async def test_it_is_stopped_when_its_calls_have_cost_what_it_may_spend(
    agent_desk: Desk, server: ModelServer
) -> None:
    server.script = server.script.model_validate(script(shell(WAITING)))
    price = Price(model=MODEL, input=1_000_000, output=1_000_000)
    task = agent_desk.task(PROMPT, model=MODEL, price=price, max_cost_microusd=100)
    with pytest.raises(AgentFailed, match=r"stopped at its cap of \$0.00; raise `max_session_usd`") as raised:
        await agent_desk.run(CODEX, task)
    assert raised.value.details["usage"].input_tokens > 100
    assert len(server.calls) == 1 and not tree()


async def test_the_thread_is_known_while_it_works_and_a_timeout_is_booked(
    agent_desk: Desk, server: ModelServer
) -> None:
    server.script = server.script.model_validate(script(shell(WAITING)))
    running = asyncio.create_task(agent_desk.run(CODEX, agent_desk.task(PROMPT, model=MODEL, timeout_s=4.0)))
    await eventually(lambda: agent_desk.sessions, "the thread's id was told")
    assert not running.done()
    with pytest.raises(AgentFailed, match="stopped after 4 s") as raised:
        await running
    assert raised.value.details["usage"].input_tokens > 0
    assert not tree()


async def test_a_thread_killed_in_its_midst_is_booked_and_resumed(
    agent_desk: Desk, server: ModelServer
) -> None:
    server.script = server.script.model_validate(script(shell(WAITING)))
    running = asyncio.create_task(agent_desk.run(CODEX, agent_desk.task(PROMPT, model=MODEL)))
    await eventually((agent_desk.folder / "started").exists, "its tool ran")
    kill_tree()
    with pytest.raises(AgentFailed) as raised:
        await running
    lost, thread = raised.value.details["usage"], agent_desk.sessions[0]
    assert raised.value.details["session_id"] == thread and lost.input_tokens > 0

    server.script = server.script.model_validate(script())
    before = len(server.calls)
    answer = await agent_desk.run(CODEX, agent_desk.task(PROMPT, model=MODEL, resume=thread))
    assert (answer.text, answer.session_id, answer.usage_is_total) == (DONE, thread, True)
    assert answer.usage and answer.usage.input_tokens > lost.input_tokens
    assert any("started" in said and "was killed" in said for said in conversations(server)[before:])


async def test_a_thread_that_left_no_file_starts_anew(agent_desk: Desk, server: ModelServer) -> None:
    lost = "01a1fcdc-095d-7472-b78f-23a475ddc1e3"
    answer = await agent_desk.run(CODEX, agent_desk.task(PROMPT, model=MODEL, resume=lost))
    assert answer.text == DONE and answer.session_id != lost


async def test_its_tools_see_the_path_but_no_key(agent_desk: Desk, server: ModelServer) -> None:
    server.script = server.script.model_validate(script(shell("env > seen")))
    agent_desk.environment["PATH"] = "/first/in/line:" + agent_desk.environment["PATH"]
    await agent_desk.run(CODEX, agent_desk.task(PROMPT, model=MODEL))
    seen = (agent_desk.folder / "seen").read_text()
    assert ":/first/in/line:" in seen and "key-of" not in seen


@pytest.mark.parametrize("confined", [False, True])
async def test_it_works_in_its_worktree_and_nowhere_else(
    agent_desk: Desk, server: ModelServer, confined: bool
) -> None:
    outside = agent_desk.folder.parent / "outside"
    server.script = server.script.model_validate(script(shell(f"echo hi > made; echo hi > {outside}")))
    sandbox = Sandbox(writable=(agent_desk.folder,), hidden=(agent_desk.data,)) if confined else None
    answer = await agent_desk.run(CODEX, agent_desk.task(PROMPT, model=MODEL, sandbox=sandbox))
    assert answer.text == DONE
    assert (agent_desk.folder / "made").exists() and not outside.exists()
