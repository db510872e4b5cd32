"""Secrets in the worker's environment stay there: whatever a run, its commands or its provider do."""

from __future__ import annotations

import json
from typing import Any

from tests.delivery.asking import ended
from tests.delivery.conftest import NewSite, failure
from tests.delivery.places import FIXED, Script, git, happy_script, write
from tests.security.leaks import KEY, PASSWORD, TOKEN, history_bytes, in_files, leaked
from tests.security.room import Room
from tests.stand_in.faults import refusal
from tests.stand_in.server import ModelServer

MODEL = "openai:gpt-4.1-mini"
PRYING = """
env > env.txt; env
for file in /proc/*/environ /proc/$PPID/environ "$HOME"/.* /proc/*/cmdline; do cat "$file" >> env.txt 2>&1; done
base64 env.txt; rev env.txt
"""
PRINTING = """
import os, pathlib
print(dict(os.environ), [path.read_bytes() for path in pathlib.Path("/proc").glob("*/environ")])
"""


def run(*argv: str) -> dict[str, Any]:
    return {"tool_calls": [{"name": "run_command", "arguments": {"argv": list(argv)}}]}


def prying_script() -> Script:
    script = happy_script()
    script["phases"]["build"] = [
        [
            {"tool_calls": [*run("env")["tool_calls"], *run("sh", "-c", PRYING)["tool_calls"]]},
            {"tool_calls": [{"name": "read_file", "arguments": {"path": "env.txt"}}]},
            write("greeting.py", FIXED),
            {"text": f"Done; by the way, {KEY[:3]}..."},
        ]
    ]
    return script


async def test_no_secret_of_the_worker_is_found_after_a_run_that_pried_for_them(
    room: Room, new_site: NewSite, stand_in: ModelServer
) -> None:
    stand_in.script = stand_in.script.model_validate(prying_script())
    checks = ["env", "python -B check.py"]
    printing = {"check.py": PRINTING + "from greeting import greet\nassert greet('Ann') == 'Hello, Ann!'\n"}
    site = new_site(
        model=MODEL, files=printing, workflow={"checks": checks, "commands": ["sh"], "sandbox": "bwrap"}
    )
    before = len(stand_in.calls)
    handle = await site.start()
    result = await ended(handle)
    assert result.status == "completed"
    assert "PATH=" in git(site.folder / "origin.git", "show", f"{result.head_sha}:env.txt"), "it did pry"
    asked = [json.dumps(call.body).encode() for call in stand_in.calls[before:]]
    assert len(asked) >= 8
    assert [leaked(body) for body in asked if leaked(body)] == []
    assert leaked(await history_bytes(handle)) == []
    assert leaked(room.log.read_bytes()) == []
    for folder in (room.data_dir, room.server_dir, room.home, site.folder):
        assert in_files(folder) == {}


async def test_a_provider_that_repeats_the_key_in_its_refusal_does_not_give_it_away(
    room: Room, new_site: NewSite, stand_in: ModelServer
) -> None:
    stand_in.script = stand_in.script.model_validate(happy_script())
    stand_in.meet_next(refusal(401, f"Incorrect API key provided: {KEY}; also {TOKEN} and {PASSWORD}"))
    site = new_site(model=MODEL)
    handle = await site.start()
    gate = await site.gate(handle, "manual_fix")
    assert "Incorrect API key" in gate.what
    status = await site.status(handle)
    assert leaked(status.model_dump_json().encode()) == []
    await site.decide(handle, gate, "reject")
    _, out, err = await room.faber(site.checkout, "result", handle.id)
    assert leaked((out + err).encode()) == []
    assert leaked(await history_bytes(handle)) == []
    assert leaked(room.log.read_bytes()) == []
    assert in_files(site.folder) == {}


async def test_the_hooks_of_an_origin_on_this_host_get_nobodys_token(room: Room, new_site: NewSite) -> None:
    site = new_site()
    hook = site.folder / "origin.git/hooks/pre-receive"
    hook.write_text(
        f"#!/bin/sh\nenv >> '{site.folder}/seen'; env >&2\ngrep -q heads/faber && exit 1\nexit 0\n"
    )
    hook.chmod(0o755)
    handle = await site.start()
    gate = await site.gate(handle, "manual_fix")
    assert "pre-receive hook declined" in gate.what
    assert "PATH=" in (site.folder / "seen").read_text(), "the hook did run"
    assert in_files(site.folder) == {}
    assert leaked(await history_bytes(handle)) == []
    await site.decide(handle, gate, "reject")
    assert leaked(room.log.read_bytes()) == []


async def test_work_that_holds_a_secret_of_the_worker_is_never_pushed(room: Room, new_site: NewSite) -> None:
    script = happy_script()
    prying = "cat /proc/*/environ > seen.txt; base64 -w0 seen.txt > seen.b64; cat seen.txt"
    script["phases"]["build"] = [[run("sh", "-c", prying), write("greeting.py", FIXED), {"text": "Done."}]]
    site = new_site(script, workflow={"commands": ["sh"], "sandbox": "none"})
    handle = await site.start()
    _, result = await failure(handle)
    assert result.error is not None and result.error_phase == "build"
    assert "FOO_TOKEN" in result.error
    assert git(site.folder / "origin.git", "for-each-ref", "refs/heads").count("refs/heads/") == 1
    assert leaked(await history_bytes(handle)) == []
    assert leaked(room.log.read_bytes()) == []
    for folder in (site.folder, room.data_dir / "artifacts", room.data_dir / "journal"):
        assert in_files(folder) == {}


async def test_a_password_in_a_url_never_gets_as_far_as_history(room: Room, new_site: NewSite) -> None:
    url = "https://someone:sesame-open-42@localhost/x.git"
    site = new_site()
    code, out, err = await room.faber(site.checkout, "run", "1", "--repo", url)
    assert (code, out) == (2, "")
    assert "a URL with a password in it" in err
    config = site.checkout / ".fractary/config.yaml"
    config.write_text(config.read_text() + f"repo: {{url: '{url}'}}\n")
    handle = await site.start()
    _, result = await failure(handle)
    assert result.error is not None and "repo.url: a URL with a password in it" in result.error
    assert b"sesame" not in err.encode() + await history_bytes(handle) + room.log.read_bytes()
