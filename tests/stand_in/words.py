"""A turn of the script as what every protocol needs: text, tool calls, usage."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from adapters.models.script import Turn, call_id
from faber.contract.money import Usage
from tests.stand_in.call import Call

CHARACTERS_PER_TOKEN = 4


@dataclass
class Words:
    """`calls` are (id, name, arguments); `structured` is also in `text` as JSON for protocols without it."""

    text: str
    calls: list[tuple[str, str, dict[str, Any]]]
    structured: dict[str, Any] | None
    usage: Usage | None


def words_of(turn: Turn, call: Call, report_usage: bool) -> Words:
    calls = [
        (call_id(call.phase, call.round, call.turn, place), prepared.name, prepared.arguments)
        for place, prepared in enumerate(turn.tool_calls)
    ]
    text = turn.text if turn.structured is None else json.dumps(turn.structured)
    if calls and not call.tools:
        # Coding agents also ask for titles and summaries, without tools: those are no turns of the script.
        calls, text = [], text or "ok"
    usage = turn.usage or Usage(
        input_tokens=len(json.dumps(call.body)) // CHARACTERS_PER_TOKEN,
        output_tokens=len(text + json.dumps(calls)) // CHARACTERS_PER_TOKEN,
    )
    return Words(text, calls, turn.structured, usage if report_usage else None)
