"""Token counts for providers that report none: four characters a token, and said to be a guess."""

from __future__ import annotations

import json

from adapters.models import Message, ModelRequest, ToolCall
from faber.contract.money import Usage

CHARACTERS_PER_TOKEN = 4


def estimate(request: ModelRequest, text: str, tool_calls: list[ToolCall]) -> Usage:
    """`text` is all that the model wrote, a structured answer included."""
    asked = len(request.system) + sum(_length(message) for message in request.messages)
    asked += sum(len(tool.model_dump_json()) for tool in request.tools)
    if request.output_schema is not None:
        asked += len(json.dumps(request.output_schema))
    return Usage(
        input_tokens=_tokens(asked), output_tokens=_tokens(len(text) + _calls(tool_calls)), estimated=True
    )


def _length(message: Message) -> int:
    return len(message.text) + _calls(message.tool_calls)


def _calls(tool_calls: list[ToolCall]) -> int:
    return sum(len(call.name) + len(call.malformed or json.dumps(call.arguments)) for call in tool_calls)


def _tokens(characters: int) -> int:
    return -(-characters // CHARACTERS_PER_TOKEN)
