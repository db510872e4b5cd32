"""Answers as Anthropic's messages word them, whole or as the events that Claude Code reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from faber.contract.money import Usage
from tests.stand_in.call import Call
from tests.stand_in.words import Words


def answer(call: Call, words: Words) -> dict[str, Any]:
    content = _content(call, words)
    calls = any(block["type"] == "tool_use" for block in content)
    said: dict[str, Any] = {
        "id": f"msg_{call.number}",
        "type": "message",
        "role": "assistant",
        "model": call.model,
        "content": content,
        "stop_reason": "tool_use" if calls else "end_turn",
        "stop_sequence": None,
    }
    if words.usage is not None:
        said["usage"] = usage(words.usage)
    return said


def events(call: Call, words: Words) -> Iterator[tuple[str, dict[str, Any]]]:
    """(event name, data) in the order in which they are sent."""
    whole = answer(call, words)
    counted = whole.get("usage") or usage(Usage())
    started = {**whole, "content": [], "stop_reason": None, "usage": {**counted, "output_tokens": 0}}
    yield "message_start", {"message": started}
    for place, block in enumerate(whole["content"]):
        empty: dict[str, Any]
        if block["type"] == "text":
            empty, delta = {"text": ""}, {"type": "text_delta", "text": block["text"]}
        else:
            empty = {"input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        yield "content_block_start", {"index": place, "content_block": {**block, **empty}}
        yield "content_block_delta", {"index": place, "delta": delta}
        yield "content_block_stop", {"index": place}
    ended = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    yield "message_delta", {"delta": ended, "usage": counted}
    yield "message_stop", {}


def usage(counted: Usage) -> dict[str, Any]:
    return {
        "input_tokens": counted.input_tokens,
        "output_tokens": counted.output_tokens,
        "cache_read_input_tokens": counted.cache_read_tokens,
        "cache_creation_input_tokens": counted.cache_write_tokens,
    }


def _content(call: Call, words: Words) -> list[dict[str, Any]]:
    if words.structured is not None and "answer" in call.tools:
        id_ = f"answer_{call.number}"
        return [{"type": "tool_use", "id": id_, "name": "answer", "input": words.structured}]
    text = [{"type": "text", "text": words.text}] if words.text or not words.calls else []
    calls = [
        {"type": "tool_use", "id": id_, "name": name, "input": arguments}
        for id_, name, arguments in words.calls
    ]
    return [*text, *calls]
