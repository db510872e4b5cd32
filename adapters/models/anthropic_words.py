"""A request in the words of Anthropic's messages."""

from __future__ import annotations

from typing import Any

from adapters.models import Message, ModelRequest
from adapters.models.dialect import Dialect

ANSWER_TOOL = "answer"
CACHED = {"type": "ephemeral"}


def body(request: ModelRequest, model: str, dialect: Dialect) -> dict[str, Any]:
    """The JSON of one call, without what `dialect` lacks."""
    messages = _messages(request.messages)
    system: list[dict[str, Any]] = [{"type": "text", "text": request.system}] if request.system else []
    if request.tools:
        # A loop with tools sends its beginning again every turn; read from the cache it costs a tenth.
        for blocks in (system, messages[-1]["content"] if messages else []):
            if blocks:
                blocks[-1]["cache_control"] = CACHED
    sent: dict[str, Any] = {
        "model": model,
        "messages": messages,
        "max_tokens": request.max_output_tokens,
        **({"system": system} if system else {}),
        **_tools(request, dialect),
    }
    if request.temperature is not None and "temperature" not in dialect.lacks:
        sent["temperature"] = request.temperature
    return sent


def _tools(request: ModelRequest, dialect: Dialect) -> dict[str, Any]:
    tools = [
        {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
        for tool in request.tools
    ]
    if request.output_schema is None:
        return {"tools": tools} if tools else {}
    choice = {"type": "any"} if tools else {"type": "tool", "name": ANSWER_TOOL}
    tools.append(
        {
            "name": ANSWER_TOOL,
            "description": "Gives the final answer. Call it once, alone, when nothing else is left to do.",
            "input_schema": request.output_schema,
        }
    )
    return {"tools": tools} if "tool_choice" in dialect.lacks else {"tools": tools, "tool_choice": choice}


def _messages(messages: list[Message]) -> list[dict[str, Any]]:
    """Tool results and what the user says after them share a message; empty text is refused there."""
    sent: list[dict[str, Any]] = []
    for message in messages:
        blocks = _blocks(message)
        role = "assistant" if message.role == "assistant" else "user"
        if sent and sent[-1]["role"] == role:
            sent[-1]["content"] += blocks
        elif blocks:
            sent.append({"role": role, "content": blocks})
    return sent


def _blocks(message: Message) -> list[dict[str, Any]]:
    if message.role == "tool":
        result: dict[str, Any] = {"type": "tool_result", "tool_use_id": message.tool_call_id}
        if message.text:
            result["content"] = message.text
        if message.is_error:
            result["is_error"] = True
        return [result]
    text = [{"type": "text", "text": message.text}] if message.text.strip() else []
    calls = [
        {
            "type": "tool_use",
            "id": call.id,
            "name": call.name,
            "input": call.arguments if call.malformed is None else {"malformed": call.malformed},
        }
        for call in message.tool_calls
    ]
    return [*text, *calls]
