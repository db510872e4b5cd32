"""The build phase by Claude Code, by Codex and by a plain command: one session each, checked like any other build."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from faber.contract.delivery import RunResult
from tests.delivery.conftest import NewSite, failure
from tests.delivery.places import FIXED, Script, git, happy_script

WRITE = "printf '%s' 'def greet(name):\n    return f\"Hello, {name}!\"\n' > greeting.py"
PLAIN = """\
import json, pathlib, sys
prompt = sys.stdin.read()
assert "Phase: build" in prompt, prompt
pathlib.Path("greeting.py").write_text('def greet(name):\\n    return f"Hello, {name}!"\\n')
print(json.dumps({"result": "done", "session_id": "s-1", "total_cost_usd": 0.25}))
"""
FIRST_AWAY = """\
import json, os, pathlib, shutil, sys
times = pathlib.Path(sys.argv[1])
with times.open("a") as told:
    told.write("worked\\n")
if times.read_text().count("worked") == 1:
    shutil.rmtree(os.getcwd())
else:
    pathlib.Path("greeting.py").write_text('def greet(name):\\n    return f"Hello, {name}!"\\n')
print(json.dumps({"result": "done", "total_cost_usd": 0.25}))
"""
TURNS: dict[str, dict[str, Any]] = {
    "claude-code": {"name": "Bash", "arguments": {"command": WRITE, "description": "write the greeting"}},
    "codex": {"name": "exec_command", "arguments": {"cmd": WRITE}},
}


def built_by(name: str) -> Script:
    script = happy_script()
    script["phases"]["build"] = [[{"text": "On it.", "tool_calls": [TURNS[name]]}, {"text": "All done."}]]
    return script


def autonomous(agent: dict[str, Any]) -> dict[str, Any]:
    return {"autonomy": "autonomous", "agent": {"build": agent}}


def assert_delivered(result: RunResult, origin: Any) -> None:
    assert result.status == "completed", result.error
    assert git(origin, "show", f"{result.head_sha}:greeting.py") == FIXED.strip()
    build = next(line for line in result.cost.by_phase if line.name == "build")
    assert build.cost_usd > 0
    assert build.calls == 1


@pytest.mark.parametrize("name", TURNS)
async def test_a_real_agent_delivers_a_checked_change(new_agent_site: NewSite, name: str) -> None:
    site = new_agent_site(built_by(name), workflow=autonomous({"preset": name}))
    handle = await site.start()
    assert_delivered(await handle.result(), site.folder / "origin.git")


async def test_a_plain_command_delivers_and_its_own_cost_is_booked(new_agent_site: NewSite) -> None:
    agent = {"preset": "command", "command": ["python", "agent.py"]}
    site = new_agent_site(workflow=autonomous(agent), files={"agent.py": PLAIN})
    result = await (await site.start()).result()
    assert_delivered(result, site.folder / "origin.git")
    build = next(line for line in result.cost.by_phase if line.name == "build")
    assert build.cost_usd == 0.25


async def test_an_agent_that_claims_success_and_changed_nothing_is_not_believed(
    new_agent_site: NewSite,
) -> None:
    agent = {"preset": "command", "command": ["python", "-c", 'print(\'{"result": "all tests pass"}\')']}
    site = new_agent_site(workflow={**autonomous(agent), "max_retries": 0})
    handle = await site.start()
    error, result = await failure(handle)
    assert error.type == "MAX_RETRIES"
    assert "changed nothing" in (result.error or "")
    assert result.pr_url is None


async def test_a_session_whose_work_could_not_be_kept_is_paid_once_and_the_next_round_is_another(
    new_agent_site: NewSite, tmp_path: Path
) -> None:
    times = tmp_path / "times"
    agent = {"preset": "command", "command": ["python", "agent.py", str(times)]}
    workflow = {**autonomous(agent), "sandbox": "none"}
    site = new_agent_site(workflow=workflow, files={"agent.py": FIRST_AWAY})
    result = await (await site.start()).result()
    assert result.status == "completed", result.error
    assert times.read_text().count("worked") == 2
    build = next(line for line in result.cost.by_phase if line.name == "build")
    assert (build.calls, build.cost_usd) == (2, 0.5)


async def test_an_agent_that_is_not_installed_asks_a_person_to_mend_it(new_agent_site: NewSite) -> None:
    agent = {"preset": "command", "command": ["no-such-agent"]}
    site = new_agent_site(workflow=autonomous(agent))
    handle = await site.start()
    item = await site.gate(handle, "manual_fix")
    assert "no-such-agent" in item.what
    await site.decide(handle, item, "reject")
    error, _ = await failure(handle)
    assert error.type == "TOOL_MISSING"
