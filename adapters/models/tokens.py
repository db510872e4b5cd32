"""Token counts as providers write them, and a guess for those that write none: four characters a token."""

from __future__ import annotations

import json
import math
from typing import Any

from adapters.models import Message, ModelRequest, ToolCall
from faber.contract.money import Usage

CHARACTERS_PER_TOKEN = 4


def number(counted: Any, name: str) -> int:
    """One count out of many, 0 when it is none. Some servers count in floats."""
    value = counted.get(name) if isinstance(counted, dict) else None
    if isinstance(value, float):
        return math.ceil(value) if math.isfinite(value) else 0
    return value if isinstance(value, int) else 0


def unless_empty(usage: Usage) -> Usage | None:
    """None for a count of nothing: no question is without a token, and an uncounted answer is not free."""
    asked = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
    return usage if asked > 0 else None


def estimate(request: ModelRequest, text: str, tool_calls: list[ToolCall]) -> Usage:
    """`text` is all that the model wrote, a structured answer included."""
    asked = len(request.system) + sum(_length(message) for message in request.messages)
    asked += sum(len(tool.model_dump_json()) for tool in request.tools)
    if request.output_schema is not None:
        asked += len(json.dumps(request.output_schema))
    return Usage(
        input_tokens=_tokens(asked), output_tokens=_tokens(len(text) + _calls(tool_calls)), estimated=True
    )


def unread(request: ModelRequest, characters: int) -> Usage:
    """Of an answer of so many characters that nobody can make sense of: a model may have written it."""
    usage = estimate(request, "", [])
    usage.output_tokens = min(_tokens(characters), request.max_output_tokens)
    return usage


def _length(message: Message) -> int:
    return len(message.text) + _calls(message.tool_calls)


def _calls(tool_calls: list[ToolCall]) -> int:
    return sum(len(call.name) + len(call.malformed or json.dumps(call.arguments)) for call in tool_calls)


def _tokens(characters: int) -> int:
    return -(-characters // CHARACTERS_PER_TOKEN)
