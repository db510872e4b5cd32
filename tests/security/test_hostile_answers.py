"""A provider or model that answers with what breaks parsers, fills memory, or is printed on a terminal."""

from __future__ import annotations

import json
from typing import Any

from tests.delivery.asking import ended, last_turn
from tests.delivery.conftest import Handle, NewSite
from tests.delivery.places import FIXED, happy_script, write
from tests.security.leaks import named_payloads
from tests.security.room import Room
from tests.stand_in.faults import Fault
from tests.stand_in.server import ModelServer

MODEL = "openai:gpt-4.1-mini"
LARGEST_PAYLOAD = 256 * 1024
DEEP = "[" * 100_000
SOME_DEEP = '{"path": ' + '{"a": ' * 400 + "1" + "}" * 400 + "}"
HUGE = json.dumps({"path": "huge.txt", "content": "x" * 10_000_000})
HALF = '{"path": "half.txt", "content": "\\ud800"}'
NUL = '{"path": "nul\\u0000.txt", "content": "\\u0000"}'


async def largest_payload(handle: Handle) -> tuple[int, str]:
    return max((len(data), event) for event, data in await named_payloads(handle))


def answering(message: dict[str, Any]) -> Fault:
    """A completion as raw bytes: what json.dumps of ASCII gives, so half surrogates stay escaped."""
    usage = {"prompt_tokens": 100, "completion_tokens": 100, "total_tokens": 200}
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}
    body = {"id": "x", "object": "chat.completion", "model": "m", "choices": [choice], "usage": usage}
    return Fault("say", 200, json.dumps(body).encode())


def call(id_: str, name: str, arguments: str) -> dict[str, Any]:
    return {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}


async def test_tool_calls_made_to_break_parsers_are_answered_and_the_run_goes_on(
    new_site: NewSite, stand_in: ModelServer
) -> None:
    script = happy_script()
    script["phases"]["build"] = [[{"text": "never said"}, write("greeting.py", FIXED), {"text": "Done."}]]
    stand_in.script = stand_in.script.model_validate(script)
    site = new_site(model=MODEL)
    handle = await site.start(approve={"architect": "always"}, budget_usd=1_000)
    gate = await site.gate(handle, "architect")
    calls = [
        call("../../../x", "write_file", HALF),
        call("a/b\0c", "write_file", NUL),
        call("", "write_file", DEEP),
        call("same", "write_file", SOME_DEEP),
        call("same", "../../write_file\x1b[2J", "{}"),
        call("\ud800", "\ud800", '"\\ud800"'),
        call("h", "write_file", HUGE),
    ]
    stand_in.meet_next(answering({"content": "\x1b]0;owned\x07 \ud83d half", "tool_calls": calls}))
    before = len(stand_in.calls)
    await site.decide(handle, gate, "approve")
    result = await ended(handle)
    assert result.status == "completed"
    assert result.files_modified == ["greeting.py"]
    told = [entry for entry in stand_in.calls[before + 1].body["messages"] if entry["role"] == "tool"]
    assert len(told) == len(calls)
    assert await largest_payload(handle) < (LARGEST_PAYLOAD, "")


async def test_of_thousands_of_tool_calls_in_one_turn_only_so_many_are_done(new_site: NewSite) -> None:
    script = happy_script()
    flood = [
        {"name": "write_file", "arguments": {"path": f"many/{number}.txt", "content": str(number)}}
        for number in range(1_000)
    ]
    script["phases"]["build"] = [[{"tool_calls": flood}, write("greeting.py", FIXED), {"text": "Done."}]]
    site = new_site(script)
    handle = await site.start(budget_usd=1_000)
    result = await ended(handle)
    assert result.status == "completed"
    assert 1 < len(result.files_modified) < 200
    assert await largest_payload(handle) < (LARGEST_PAYLOAD, "")


async def test_hundreds_of_kilobytes_in_structured_answers_stay_out_of_history(new_site: NewSite) -> None:
    script, flood = happy_script(), "x" * 300_000
    last_turn(script, "frame")["structured"]["summary"] = flood
    specified = last_turn(script, "architect")["structured"]
    specified.update(
        title=flood, summary=flood, criteria=[flood] * 3, files=["../../x", flood, "/etc/passwd"]
    )
    last_turn(script, "evaluate")["structured"].update(
        reasons=[flood], criteria_met=[flood], issues_found=[flood]
    )
    last_turn(script, "release")["structured"].update(title=flood, summary=flood, changes=[flood] * 5)
    site = new_site(script)
    handle = await site.start(budget_usd=10_000)
    result = await ended(handle)
    assert result.status == "completed"
    assert await largest_payload(handle) < (LARGEST_PAYLOAD, "")
    assert len((site.checkout / ".fractary/pulls/1.md").read_text()) < 100_000
    assert len((site.checkout / ".fractary/issues/1.comments.md").read_text()) < 10_000


async def test_terminal_escapes_in_a_verdict_reach_no_terminal(room: Room, new_site: NewSite) -> None:
    script, odd = happy_script(), "\x1b\x07\x9b\u202e\u2066"
    last_turn(script, "evaluate")["structured"].update(
        verdict="NO_GO", reasons=[f"\x1b]0;owned\x07{odd}[2J no"]
    )
    last_turn(script, "architect")["structured"].update(title=f"{odd} title", files=[f"../../{odd}"])
    site = new_site(script)
    code, out, err = await room.faber(site.checkout, "run", "1", "--exit-code")
    assert code == 1
    assert "NO_GO" in err
    shown = [out, err]
    for verb in ("result", "why", "status", "logs", "show"):
        more = ["spec"] if verb == "show" else []
        _, out, err = await room.faber(site.checkout, verb, "faber-repo-1", *more)
        assert out, err
        shown += [out, err]
    assert not set(odd) & set("".join(shown))
