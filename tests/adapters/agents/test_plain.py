"""Agents that are any command: what they are given, what of their words is believed."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from adapters.agents.create import create_agent
from faber.contract.config import AgentConfig
from faber.errors import AgentFailed, ConfigurationError, ToolMissing
from tests.adapters.agents.conftest import Desk

RESULT = {
    "result": "all done",
    "session_id": "s-7",
    "total_cost_usd": 0.0125,
    "usage": {"input_tokens": 10, "output_tokens": 3},
    "is_error": False,
}


def python(code: str, *arguments: str, **fields: Any) -> AgentConfig:
    return AgentConfig(preset="command", command=[sys.executable, "-c", code, *arguments], **fields)


def saying(*objects: object, code: int = 0) -> AgentConfig:
    lines = "\n".join(item if isinstance(item, str) else json.dumps(item) for item in objects)
    return python(f"import sys; print({lines!r}); sys.exit({code})")


async def test_without_a_place_for_it_the_prompt_comes_on_stdin(desk: Desk) -> None:
    answer = await desk.run(python("import sys; print(sys.stdin.read()[::-1], end='')"), desk.task("olleh"))
    assert (answer.text, answer.cost_microusd, answer.usage, answer.session_id) == ("hello", None, None, None)


async def test_the_prompt_is_one_argument_whatever_it_holds(desk: Desk) -> None:
    config = python("import sys; print(sys.argv[1:])", "{prompt}", "--at={cwd}", "{max_usd}", "{model}")
    prompt = "$(touch planted); `x` 'y' {cwd} -n"
    answer = await desk.run(config, desk.task(prompt, model="m-1"))
    assert answer.text == f"{[prompt, f'--at={desk.folder}', '5.000000', 'm-1']}\n"
    assert not (desk.folder / "planted").exists()


async def test_a_json_result_gives_cost_usage_and_session(desk: Desk) -> None:
    answer = await desk.run(saying("working...", {"step": 1}, RESULT), desk.task("do it"))
    assert (answer.text, answer.session_id, answer.cost_microusd) == ("all done", "s-7", 12_500)
    assert answer.usage is not None and answer.usage.input_tokens == 10
    assert desk.sessions == ["s-7"]


async def test_a_result_on_many_lines_behind_much_noise_is_found(desk: Desk) -> None:
    config = python(f"print('{{noise\\n' * 500_000); print({json.dumps(RESULT, indent=2)!r})")
    assert (await desk.run(config, desk.task("do it"))).cost_microusd == 12_500


@pytest.mark.parametrize("is_error", [False, True])
async def test_half_of_a_surrogate_pair_is_no_reason_to_lose_a_paid_session(
    desk: Desk, is_error: bool
) -> None:
    agent = saying({**RESULT, "result": "\ud800 done", "is_error": is_error})
    if is_error:
        with pytest.raises(AgentFailed, match="\ufffd done") as raised:
            await desk.run(agent, desk.task("do it"))
        assert raised.value.details["text"] == "\ufffd done" and raised.value.message.isprintable()
    else:
        assert (await desk.run(agent, desk.task("do it"))).text == "\ufffd done"


@pytest.mark.parametrize("odd", [["m"], {"name": "m"}, "\ud800", "m\0", "m\nn", "m" * 1_000, "", 1.5, None])
async def test_a_name_that_is_none_is_not_taken_for_the_sessions_or_the_models(
    desk: Desk, odd: object
) -> None:
    said = {**RESULT, "session_id": odd, "model": odd, "num_turns": odd}
    answer = await desk.run(saying(said), desk.task("do it", model="m-1"))
    assert (answer.text, answer.session_id, answer.model, answer.turns) == ("all done", None, "m-1", None)
    assert desk.sessions == []


async def test_a_name_may_be_a_number(desk: Desk) -> None:
    answer = await desk.run(saying({**RESULT, "session_id": 7, "model": 5}), desk.task("do it"))
    assert (answer.session_id, answer.model, desk.sessions) == ("7", "5", ["7"])


@pytest.mark.parametrize(
    "counted",
    [
        {},
        {"prompt_tokens": 9},
        {"input_tokens": None, "output_tokens": "3"},
        {"input_tokens": 0, "output_tokens": 0},
        {"input_tokens": -5},
    ],
)
async def test_a_usage_without_a_known_count_is_none(desk: Desk, counted: dict[str, Any]) -> None:
    assert (await desk.run(saying({**RESULT, "usage": counted}), desk.task("do it"))).usage is None


async def test_an_error_in_the_result_fails_although_the_exit_code_is_0(desk: Desk) -> None:
    with pytest.raises(AgentFailed, match="failed: all done") as raised:
        await desk.run(saying({**RESULT, "is_error": True}), desk.task("do it"))
    details = raised.value.details
    assert (details["cost_microusd"], details["session_id"], details["usage"].output_tokens) == (
        12_500,
        "s-7",
        3,
    )


async def test_an_exit_code_fails_although_the_result_is_fine_and_is_still_booked(desk: Desk) -> None:
    with pytest.raises(AgentFailed, match="ended with exit code 4") as raised:
        await desk.run(saying(RESULT, code=4), desk.task("do it"))
    assert raised.value.details["cost_microusd"] == 12_500


async def test_a_timeout_fails_with_what_was_said_until_then(desk: Desk) -> None:
    config = python(f"import time; print({json.dumps(RESULT)!r}, flush=True); time.sleep(600)")
    with pytest.raises(AgentFailed, match=r"stopped after 1 s; raise its `timeout_s`") as raised:
        await desk.run(config, desk.task("do it", timeout_s=1.0))
    assert raised.value.details["cost_microusd"] == 12_500


async def test_a_session_is_known_before_the_agent_speaks_and_resumed_by_its_own_command(desk: Desk) -> None:
    resume = [sys.executable, "-c", "import sys; print(sys.argv[1:])", "--go-on={session}"]
    config = python("", "{session}", resume_command=resume)
    first = desk.task("do it")
    await desk.run(config, first)
    assert desk.sessions == [first.session_key]
    answer = await desk.run(config, desk.task("do it", resume="s-1"))
    assert answer.text == "['--go-on=s-1']\n" and answer.session_id == "s-1"


async def test_without_a_resume_command_a_killed_session_starts_anew(desk: Desk) -> None:
    answer = await desk.run(python("import sys; print(sys.stdin.read())"), desk.task("do it", resume="s-1"))
    assert answer.text == "do it\n"


async def test_an_agent_sees_listed_names_and_no_others(desk: Desk) -> None:
    desk.environment |= {"MY_KEY": "listed", "ANTHROPIC_API_KEY": "not-listed", "CANARY": "not-listed"}
    config = python("import os; print(dict(os.environ))", env=["MY_KEY"])
    answer = await desk.run(config, desk.task("do it", env={"EXTRA": "from-the-task"}))
    assert "'MY_KEY': 'listed'" in answer.text and "from-the-task" in answer.text
    assert "not-listed" not in answer.text


async def test_a_missing_agent_is_named(desk: Desk) -> None:
    with pytest.raises(ToolMissing, match="`no-such-agent` is not on PATH"):
        await desk.run(AgentConfig(preset="command", command=["no-such-agent"]), desk.task("do it"))


def test_the_built_in_agent_is_no_command(desk: Desk) -> None:
    with pytest.raises(ConfigurationError, match="built-in agent is not a command"):
        create_agent(AgentConfig(), desk.processes, desk.data, {})
