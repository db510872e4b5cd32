"""A request in the words of OpenAI's chat completions, which five of the six providers speak."""

from __future__ import annotations

import json
from typing import Any

from adapters.models import Message, ModelRequest, ToolCall
from adapters.models.dialect import Dialect
from adapters.models.structured import in_words


def body(request: ModelRequest, model: str, dialect: Dialect) -> dict[str, Any]:
    """The JSON of one call, without what `dialect` lacks."""
    schema = request.output_schema
    native = "response_format" not in dialect.lacks
    as_schema = native and "json_schema" not in dialect.lacks
    system = request.system if schema is None or as_schema else f"{request.system}\n\n{in_words(schema)}"
    first = [{"role": "system", "content": system}] if system else []
    sent: dict[str, Any] = {
        "model": model,
        "messages": [*first, *(_message(message) for message in request.messages)],
        dialect.limit_name: request.max_output_tokens,
    }
    if request.tools:
        sent["tools"] = [{"type": "function", "function": tool.model_dump()} for tool in request.tools]
    if request.temperature is not None and "temperature" not in dialect.lacks:
        sent["temperature"] = request.temperature
    if schema is not None and native:
        sent["response_format"] = _as_schema(schema) if as_schema else {"type": "json_object"}
    return sent


def _as_schema(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}


def _message(message: Message) -> dict[str, Any]:
    if message.role == "tool":
        text = f"Error: {message.text}" if message.is_error else message.text
        return {"role": "tool", "tool_call_id": message.tool_call_id, "content": text}
    if not message.tool_calls:
        return {"role": message.role, "content": message.text}
    sent: dict[str, Any] = {
        "role": "assistant",
        "content": message.text or None,
        "tool_calls": [_call(call) for call in message.tool_calls],
    }
    reasoning = message.tool_calls[0].carried.get("reasoning_content")
    if reasoning is not None:
        sent["reasoning_content"] = reasoning
    return sent


def _call(call: ToolCall) -> dict[str, Any]:
    # Some servers parse the arguments of earlier calls, so text that was no JSON goes back as JSON.
    arguments = call.arguments if call.malformed is None else {"malformed": call.malformed}
    sent: dict[str, Any] = {
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": json.dumps(arguments)},
    }
    if "extra_content" in call.carried:
        sent["extra_content"] = call.carried["extra_content"]
    return sent
