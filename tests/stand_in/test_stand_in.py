"""The stand-in itself: what the tests that lean on it take for granted."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.stand_in import CUT, HANGING, ModelServer, refusal
from tests.stand_in.server import as_script
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
CALL = {"name": "write_file", "arguments": {"path": "a.txt"}}
TOOLS = [{"name": "write_file", "input_schema": {"type": "object"}}]
SCRIPT: dict[str, Any] = {
    "phases": {
        "build": [
            [{"text": "First.", "tool_calls": [CALL]}, {"text": "Second."}],
            [{"text": "Next round.", "error": {"kind": "RATE_LIMIT", "times": 1}}],
        ],
        "frame": [[{"text": "Framed."}]],
    }
}


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer(SCRIPT) as running:
        yield running


def post(server: ModelServer, path: str, **body: Any) -> httpx.Response:
    return httpx.post(f"{server.url}{path}", json=body, timeout=30)


def claude(server: ModelServer, *messages: tuple[str, Any], **more: Any) -> httpx.Response:
    said = [{"role": role, "content": content} for role, content in messages]
    more.setdefault("system", "Phase: build, round 1")
    return post(server, "/v1/messages", model="claude-x", messages=said, tools=TOOLS, **more)


def events(response: httpx.Response) -> list[dict[str, Any]]:
    assert response.headers["content-type"] == "text/event-stream"
    return [json.loads(line[6:]) for line in response.text.splitlines() if line.startswith("data: ")]


def test_the_turn_is_counted_from_what_the_user_said_last_and_results_are_not_the_user(
    server: ModelServer,
) -> None:
    result = [{"type": "tool_result", "tool_use_id": "c", "content": "ok"}]
    claude(server, ("user", "Go."))
    claude(server, ("user", "Go."), ("assistant", "x"), ("user", result))
    claude(server, ("user", "Go."), ("assistant", "x"), ("user", "Do it again."))
    assert [(call.phase, call.round, call.turn) for call in server.calls] == [
        ("build", 1, 1),
        ("build", 1, 2),
        ("build", 1, 1),
    ]


def test_the_place_is_read_from_the_user_too_and_may_name_the_turn(server: ModelServer) -> None:
    claude(server, ("user", "Phase: build, round 1, turn 2"), system="You are Claude Code.")
    assert server.calls[0].turn == 2


def test_a_call_without_a_place_in_a_script_of_several_phases_is_refused_and_counted(
    server: ModelServer,
) -> None:
    answer = claude(server, ("user", "Go."), system="")
    assert answer.status_code == 400
    assert "it has build, frame" in answer.text
    assert [call.outcome for call in server.calls] == ["400"]


def test_faults_come_first_and_are_counted(server: ModelServer) -> None:
    server.meet_next(refusal(429, retry_after="3"), CUT)
    refused = claude(server, ("user", "Go."))
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "3")
    with pytest.raises(httpx.RemoteProtocolError):
        claude(server, ("user", "Go."))
    assert claude(server, ("user", "Go.")).status_code == 200
    assert [call.outcome for call in server.calls] == ["429", "cut", "answer"]
    assert (server.count(), server.count("build"), server.count("frame")) == (3, 3, 0)


def test_an_error_of_the_script_comes_as_often_as_it_says(server: ModelServer) -> None:
    answers = [claude(server, ("user", "Go."), system="Phase: build, round 2") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [429, 200]


def test_a_hanging_call_is_counted_at_once_and_answered_when_released(server: ModelServer) -> None:
    server.meet_next(HANGING)
    answers: list[httpx.Response] = []
    caller = threading.Thread(target=lambda: answers.append(claude(server, ("user", "Go."))))
    caller.start()
    wait_until(lambda: server.count() == 1, "the hanging call was counted")
    assert not answers
    server.release()
    caller.join()
    assert answers[0].json()["content"][0]["text"] == "First."


def test_claude_code_gets_its_answer_as_events(server: ModelServer) -> None:
    said = events(claude(server, ("user", "Go."), stream=True))
    assert [event["type"] for event in said] == [
        "message_start",
        *["content_block_start", "content_block_delta", "content_block_stop"] * 2,
        "message_delta",
        "message_stop",
    ]
    assert json.loads(said[5]["delta"]["partial_json"]) == {"path": "a.txt"}
    assert said[7]["delta"]["stop_reason"] == "tool_use"
    assert said[7]["usage"]["output_tokens"] > 0


def test_codex_gets_its_answer_as_events_and_its_turns_are_told_by_its_outputs(server: ModelServer) -> None:
    asked = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Go."}]}
    place = {"instructions": "Phase: build, round 1", "tools": TOOLS, "stream": True}
    said = events(post(server, "/v1/responses", model="gpt-x", input=[asked], **place))
    assert (said[0]["type"], said[-1]["type"]) == ("response.created", "response.completed")
    message, call = said[-1]["response"]["output"]
    assert (call["name"], json.loads(call["arguments"])) == ("write_file", {"path": "a.txt"})
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": "ok"}
    second = post(server, "/v1/responses", model="gpt-x", input=[asked, message, call, output], **place)
    assert events(second)[-1]["response"]["output"][0]["content"][0]["text"] == "Second."


def test_codex_calls_a_tool_that_it_offers_only_within_code_or_as_plain_text(server: ModelServer) -> None:
    offered = {
        "tools": [{"type": "namespace", "name": "functions", "tools": [{"type": "custom", "name": "exec"}]}]
    }
    offer = {"type": "additional_tools", "role": "developer", **offered}
    asked = [offer, {"type": "message", "role": "user", "content": "Phase: build, round 1"}]
    first = post(server, "/v1/responses", model="gpt-x", input=asked).json()["output"][1]
    assert (first["type"], first["name"]) == ("custom_tool_call", "exec")
    assert first["input"] == 'text(await tools.write_file({"path": "a.txt"}))'
    server.script = as_script(
        {"phases": {"build": [[{"tool_calls": [{"name": "exec", "arguments": {"input": "1"}}]}]]}}
    )
    assert post(server, "/v1/responses", model="gpt-x", input=asked).json()["output"][0]["input"] == "1"


def test_codex_is_told_at_once_that_there_is_no_websocket(server: ModelServer) -> None:
    headers = {"connection": "Upgrade", "upgrade": "websocket"}
    assert httpx.get(f"{server.url}/v1/responses", headers=headers).status_code == 426
    assert httpx.get(f"{server.url}/v1/models").status_code == 200
    assert server.count() == 0


def test_a_side_question_without_tools_is_no_turn(server: ModelServer) -> None:
    asked = {"system": "Phase: build, round 1", "messages": [{"role": "user", "content": "A title?"}]}
    content = post(server, "/v1/messages", model="m", **asked).json()["content"]
    assert [block["type"] for block in content] == ["text"]


def test_as_a_program_it_counts_into_a_file_that_outlives_its_callers(tmp_path: Path) -> None:
    script, log = tmp_path / "script.yaml", tmp_path / "calls.jsonl"
    script.write_text(yaml.safe_dump(SCRIPT))
    program = [sys.executable, "-m", "tests.stand_in", "--script", str(script), "--log", str(log)]
    with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        url = running.stdout.readline().strip()
        body = {"model": "m", "system": "Phase: frame, round 1", "messages": []}
        assert httpx.post(f"{url}/v1/messages", json=body).json()["content"][0]["text"] == "Framed."
        assert httpx.post(f"{url}/v1/messages", json={**body, "system": ""}).status_code == 400
        running.send_signal(signal.SIGTERM)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(line["number"], line["phase"], line["outcome"]) for line in lines] == [
        (1, "frame", "answer"),
        (2, "", "400"),
    ]
    assert running.returncode == 0
