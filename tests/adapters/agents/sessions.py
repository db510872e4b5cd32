"""What the stand-in tells a real agent to do: one tool call, then some closing words."""

from __future__ import annotations

from typing import Any

from tests.stand_in import ModelServer

PROMPT = "Do what is asked. Phase: build, round 1"
DONE = "all done"


def script(*turns: dict[str, Any]) -> dict[str, Any]:
    return {"phases": {"build": [[*turns, {"text": DONE}]]}}


def bash(command: str) -> dict[str, Any]:
    """A turn in Claude Code's words."""
    call = {"name": "Bash", "arguments": {"command": command, "description": "as asked"}}
    return {"text": "On it.", "tool_calls": [call]}


def shell(command: str) -> dict[str, Any]:
    """A turn in Codex's words."""
    return {"text": "On it.", "tool_calls": [{"name": "exec_command", "arguments": {"cmd": command}}]}


def conversations(server: ModelServer) -> list[str]:
    return [str(call.body) for call in server.calls]
