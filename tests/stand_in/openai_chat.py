"""Answers as OpenAI's chat completions word them."""

from __future__ import annotations

import json
from typing import Any

from faber.contract.money import Usage
from tests.stand_in.call import Call
from tests.stand_in.words import Words


def answer(call: Call, words: Words) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": words.text or None}
    if words.calls:
        message["tool_calls"] = [
            {"id": id_, "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
            for id_, name, arguments in words.calls
        ]
    finish = "tool_calls" if words.calls else "stop"
    said: dict[str, Any] = {
        "id": f"chatcmpl-{call.number}",
        "object": "chat.completion",
        "created": 1,
        "model": call.model,
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
    }
    if words.usage is not None:
        said["usage"] = usage(words.usage)
    return said


def usage(counted: Usage) -> dict[str, Any]:
    prompt = counted.input_tokens + counted.cache_read_tokens + counted.cache_write_tokens
    return {
        "prompt_tokens": prompt,
        "completion_tokens": counted.output_tokens,
        "total_tokens": prompt + counted.output_tokens,
        "prompt_tokens_details": {
            "cached_tokens": counted.cache_read_tokens,
            "cache_write_tokens": counted.cache_write_tokens,
        },
        "completion_tokens_details": {"reasoning_tokens": counted.reasoning_tokens},
    }
