"""Commands that use up processes, output and time: each is ended, and the run goes on."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import psutil

from tests.delivery.asking import ended
from tests.delivery.conftest import NewSite
from tests.delivery.places import CHECK, FIXED, happy_script, write
from tests.security.leaks import named_payloads
from tests.security.room import Room

# Each process makes two more, in sessions of their own and deaf to every signal that can be ignored; 2^7 in all.
FORKING = """
import os, signal, sys, time
for number in (1, 2, 15): signal.signal(number, signal.SIG_IGN)
for depth in range(7):
    os.fork()
    os.setsid() if os.getpgid(0) != os.getpid() else None
time.sleep(600)
"""
LEAVING = "for n in 1 2 3; do setsid nohup python -c 'import time; time.sleep(600)' {mark} >/dev/null & done; exit 0"


def bearing(mark: str) -> list[int]:
    return [
        process.pid for process in psutil.process_iter(["cmdline"]) if mark in (process.info["cmdline"] or ())
    ]


def limited(*argv: str, name: str) -> dict[str, Any]:
    return {"run": list(argv), "name": name, "required": False, "timeout_s": 1}


async def test_what_a_command_starts_prints_or_never_ends_is_ended_with_it(
    room: Room, new_site: NewSite
) -> None:
    await asyncio.gather(*(exhausting(room, new_site, sandbox) for sandbox in ("bwrap", "none")))


async def exhausting(room: Room, new_site: NewSite, sandbox: str) -> None:
    mark = f"mark-{uuid.uuid4().hex}"
    script = happy_script()
    leaving = {"name": "run_command", "arguments": {"argv": ["sh", "-c", LEAVING.format(mark=mark)]}}
    script["phases"]["build"] = [[{"tool_calls": [leaving]}, write("greeting.py", FIXED), {"text": "Done."}]]
    checks: list[Any] = [
        CHECK,
        limited("python", "-c", FORKING, mark, name="forking"),
        limited("sh", "-c", "yes 0123456789 & yes abc >&2", mark, name="flooding"),
        limited("sh", "-c", "trap '' TERM INT HUP; while :; do sleep 1; done", mark, name="waiting"),
    ]
    if sandbox == "bwrap":
        # Within its own pid namespace only: without one this would end the whole machine.
        checks.append(limited("sh", "-c", "kill -9 $PPID; kill -9 -1; exit 0", name="killing"))
    site = new_site(script, name=sandbox, workflow={"commands": ["sh"], "checks": checks, "sandbox": sandbox})
    handle = await site.start()
    result = await ended(handle)
    assert result.status == "completed"
    codes = {item.what: item.exit_code for item in result.evidence if item.kind == "optional_check"}
    assert {name: codes[name] for name in ("forking", "flooding", "waiting")} == dict.fromkeys(
        ("forking", "flooding", "waiting")
    )
    assert bearing(mark) == []
    assert psutil.pid_exists(room.pid)
    assert max(len(data) for _, data in await named_payloads(handle)) < 256 * 1024
