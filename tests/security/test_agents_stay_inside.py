"""The built-in agent, its commands and the checks: what they cannot read, write or reach."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

from tests.delivery.asking import ended
from tests.delivery.conftest import NewSite
from tests.delivery.places import FIXED, Script, happy_script, write
from tests.security.room import Room
from tests.stand_in.call import entries
from tests.stand_in.server import ModelServer

MODEL = "openai:gpt-4.1-mini"
OUTSIDE = "kept-outside-9f3b"


def tool(name: str, **arguments: Any) -> dict[str, Any]:
    return {"name": name, "arguments": arguments}


def shell(command: str) -> dict[str, Any]:
    return tool("run_command", argv=["sh", "-c", command])


def in_turns(*turns: list[dict[str, Any]]) -> Script:
    script = happy_script()
    script["phases"]["build"] = [[*({"tool_calls": calls} for calls in turns), {"text": "Done."}]]
    return script


def attempts(outside: Path) -> list[dict[str, Any]]:
    """Every tool on every way out."""
    paths = [
        *(
            str(outside / "file"),
            "../../../../../../../../etc/passwd",
            "a/../../x",
            ".git/config",
            ".git/hooks/x",
        ),
        *(
            "folder-link/file",
            "file-link",
            "folder-link/new",
            "up/x",
            ".GIT/config",
            "nested/.git/config",
            "dot-git",
        ),
        *("sub/.git", "proc/1/environ", "passwd", "\\u202e/../x", "a\\x00/../b"),
    ]
    calls = []
    for path in paths:
        calls += [tool("read_file", path=path), tool("write_file", path=path, content="written")]
    for path in paths[5:9]:
        calls += [
            tool("edit_file", path=path, old_text="kept", new_text="edited"),
            tool("search", pattern="kept|root:", path=path),
        ]
    return calls


async def test_no_file_tool_leaves_the_worktree_by_any_way_that_a_command_has_made(
    new_site: NewSite, tmp_path: Path, stand_in: ModelServer
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text(OUTSIDE)
    ways = (
        f"ln -s {outside} folder-link; ln -s {outside}/file file-link; ln -s ../../.. up; ln -s .git dot-git;"
        f"ln {outside}/file hard; ln -s / proc; ln -s /etc/passwd passwd; mkdir -p nested/.git sub;"
        "echo 'gitdir: /' > sub/.git; echo x > nested/.git/config"
    )
    calls = attempts(outside)
    script = in_turns(
        [shell(ways)],
        *[calls[start : start + 60] for start in range(0, len(calls), 60)],
        [tool("edit_file", path="hard", old_text="kept", new_text="edited"), shell("rm -rf proc up hard")],
        [write("greeting.py", FIXED)["tool_calls"][0]],
    )
    stand_in.script = stand_in.script.model_validate(script)
    before = len(stand_in.calls)

    async def deliver(sandbox: str) -> None:
        site = new_site(model=MODEL, name=sandbox, workflow={"commands": ["sh"], "sandbox": sandbox})
        result = await ended(await site.start(budget_usd=1_000))
        assert result.status == "completed"

    await asyncio.gather(deliver("bwrap"), deliver("none"))
    assert [path.name for path in outside.iterdir()] == ["file"]
    assert (outside / "file").read_text() == OUTSIDE
    told = [text for call in stand_in.calls[before:] for role, text in entries(call.body) if role == "tool"]
    assert len(told) > len(calls)
    assert not [text for text in told if OUTSIDE in text or "root:x:0" in text]


RAISING = """
import asyncio, sys
from temporalio.client import Client
async def main():
    client = await Client.connect(sys.argv[1], namespace=sys.argv[2])
    async for run in client.list_workflows("ExecutionStatus='Running'"):
        await client.get_workflow_handle(run.id).signal("raise_budget", {"limit_usd": 7777})
        print("raised", run.id)
asyncio.run(asyncio.wait_for(main(), 20))
"""


async def test_a_command_of_the_agent_cannot_answer_for_a_person(room: Room, new_site: NewSite) -> None:
    address = [room.environment["TEMPORAL_ADDRESS"], room.environment["TEMPORAL_NAMESPACE"]]
    script = in_turns(
        [tool("run_command", argv=["python", "-c", RAISING, *address])],
        [write("greeting.py", FIXED)["tool_calls"][0]],
    )
    checks = ["python -B check.py", {"run": ["python", "-c", RAISING, *address], "required": False}]
    site = new_site(script, workflow={"checks": checks, "sandbox": "bwrap"})
    handle = await site.start()
    result = await ended(handle)
    assert result.status == "completed"
    assert result.cost.limit_usd == 10.0
    assert {item.what: item.ok for item in result.evidence if item.kind == "optional_check"} != {}
    assert not any(item.ok for item in result.evidence if item.kind == "optional_check")
    said = (site.checkout / ".fractary/faber/runs" / handle.id / "artifacts/checks").read_text()
    assert "workflow.network: true" in said


async def test_a_command_sees_neither_the_engines_folder_nor_another_repositorys_clone(
    room: Room, new_site: NewSite, stand_in: ModelServer
) -> None:
    first = new_site(name="first")
    assert (await ended(await first.start())).status == "completed"
    assert len(list((room.data_dir / "repositories").glob("*.git"))) > 1
    look = (
        f"git log --oneline -1; git status --short; find {room.data_dir} -maxdepth 2; cat {room.log}; "
        f"touch {room.data_dir}/x {room.data_dir}/repositories/*.git/x {first.checkout}/x .git/x"
    )
    script = in_turns([shell(look)], [write("greeting.py", FIXED)["tool_calls"][0]])
    stand_in.script = stand_in.script.model_validate(script)
    site = new_site(model=MODEL, name="second", workflow={"commands": ["sh"], "sandbox": "bwrap"})
    before = len(stand_in.calls)
    assert (await ended(await site.start())).status == "completed"
    (seen, *_) = [
        text for call in stand_in.calls[before:] for role, text in entries(call.body) if role == "tool"
    ][1:]
    assert "As it is" in seen or "docs: specify" in seen, seen
    assert len(set(re.findall(r"repositories/([0-9a-f]+\.git)$", seen, re.MULTILINE))) == 1, seen
    assert "journal" not in seen and "artifacts" not in seen
    assert not (room.data_dir / "x").exists()
    assert not (first.checkout / "x").exists()
    assert not list((room.data_dir / "repositories").glob("*.git/x"))
