"""Answers as the events of OpenAI's Responses API, which Codex reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from faber.contract.money import Usage
from tests.stand_in.call import Call
from tests.stand_in.words import Words

# With some models Codex offers one tool that runs JavaScript, and the others only from within that.
CODE_TOOL = "exec"


def answer(call: Call, words: Words) -> dict[str, Any]:
    return {
        "id": f"resp_{call.number}",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "model": call.model,
        "output": _output(call, words),
        "usage": _usage(words.usage or Usage()),
    }


def events(call: Call, words: Words) -> Iterator[tuple[str, dict[str, Any]]]:
    """(event name, data) in the order in which they are sent."""
    whole = answer(call, words)
    yield "response.created", {"response": {**whole, "status": "in_progress", "output": [], "usage": None}}
    for place, item in enumerate(whole["output"]):
        yield "response.output_item.added", {"output_index": place, "item": item}
        if item["type"] == "message":
            delta = {"item_id": item["id"], "output_index": place, "content_index": 0, "delta": words.text}
            yield "response.output_text.delta", delta
        yield "response.output_item.done", {"output_index": place, "item": item}
    yield "response.completed", {"response": whole}


def _output(call: Call, words: Words) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    if words.text or not words.calls:
        content = [{"type": "output_text", "text": words.text, "annotations": []}]
        message = {"type": "message", "id": f"msg_{call.number}", "role": "assistant", "content": content}
        items.append({**message, "status": "completed"})
    items += [_called(call, *one) for one in words.calls]
    return items


def _called(call: Call, id_: str, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    said = {"id": f"fc_{id_}", "call_id": id_, "status": "completed"}
    if name in call.custom_tools:
        return {**said, "type": "custom_tool_call", "name": name, "input": str(arguments.get("input", ""))}
    if name not in call.tools and CODE_TOOL in call.custom_tools:
        code = f"text(await tools.{name}({json.dumps(arguments)}))"
        return {**said, "type": "custom_tool_call", "name": CODE_TOOL, "input": code}
    return {**said, "type": "function_call", "name": name, "arguments": json.dumps(arguments)}


def _usage(counted: Usage) -> dict[str, Any]:
    asked = counted.input_tokens + counted.cache_read_tokens + counted.cache_write_tokens
    return {
        "input_tokens": asked,
        "input_tokens_details": {"cached_tokens": counted.cache_read_tokens},
        "output_tokens": counted.output_tokens,
        "output_tokens_details": {"reasoning_tokens": counted.reasoning_tokens},
        "total_tokens": asked + counted.output_tokens,
    }
