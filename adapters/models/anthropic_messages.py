"""Anthropic through its own SDK's messages."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from adapters.models import ModelRequest, ToolCall
from adapters.models.anthropic_words import ANSWER_TOOL, body
from adapters.models.dialect import Dialect
from adapters.models.endpoint import Endpoint
from adapters.models.failures import failure
from adapters.models.http_call import CONNECT_TIMEOUT_S, get, http_client, post, understood
from adapters.models.reply import Reply
from adapters.models.tokens import number, unless_empty
from faber.contract.money import Usage

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

# So that callers see one vocabulary, whoever answered.
FINISH_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


class AnthropicMessages:
    """Holds one SDK client per key and base URL, so that connections are kept alive and keys can rotate."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._clients: dict[tuple[str, str], AsyncAnthropic] = {}

    async def say(self, request: ModelRequest, endpoint: Endpoint, dialect: Dialect) -> Reply:
        import anthropic

        sent = body(request, endpoint.model, dialect)
        client = self._client(endpoint)
        answer = await post(
            endpoint, anthropic, client, "/v1/messages", sent, request.timeout_s or self._timeout_s
        )
        read = partial(_reply, asked_for_object=request.output_schema is not None)
        return understood(endpoint, read, usage_of, answer)

    async def look_up(self, endpoint: Endpoint, timeout_s: float) -> None:
        import anthropic

        client = self._client(endpoint)
        await get(endpoint, anthropic, client, f"/v1/models/{quote(endpoint.model, safe=':')}", timeout_s)

    async def close(self) -> None:
        for client in self._clients.values():
            await client.close()
        self._clients.clear()

    def _client(self, endpoint: Endpoint) -> AsyncAnthropic:
        import anthropic

        known = self._clients.get((endpoint.key, endpoint.base_url))
        if known is not None:
            return known
        client = anthropic.AsyncAnthropic(
            api_key=endpoint.key,
            base_url=endpoint.base_url,
            max_retries=0,
            http_client=http_client(anthropic),
            timeout=anthropic.Timeout(self._timeout_s, connect=min(CONNECT_TIMEOUT_S, self._timeout_s)),
        )
        self._clients[endpoint.key, endpoint.base_url] = client
        return client


def _reply(answer: dict[str, Any], endpoint: Endpoint, asked_for_object: bool) -> Reply:
    usage = usage_of(answer.get("usage"))
    content = answer.get("content")
    if not isinstance(content, list):
        raise failure(endpoint, "INVALID_RESPONSE", "the answer holds no content", usage=usage)
    reply = Reply(
        usage=usage,
        finish_reason=FINISH_REASONS.get(reason := str(answer.get("stop_reason") or ""), reason),
        request_id=answer.get("id"),
        model_version=answer.get("model"),
    )
    for block in content:
        if block.get("type") == "text":
            reply.text += block.get("text") or ""
        elif block.get("type") == "tool_use":
            _take_call(reply, block, asked_for_object)
    return reply


def _take_call(reply: Reply, block: dict[str, Any], asked_for_object: bool) -> None:
    given = block.get("input")
    if asked_for_object and block.get("name") == ANSWER_TOOL and isinstance(given, dict):
        reply.structured = given
        return
    proper = isinstance(given, dict)
    reply.tool_calls.append(
        ToolCall(
            id=str(block.get("id") or f"call_{len(reply.tool_calls)}"),
            name=str(block.get("name") or ""),
            arguments=given if isinstance(given, dict) else {},
            malformed=None if proper else given if isinstance(given, str) else json.dumps(given),
        )
    )


def usage_of(counted: Any) -> Usage | None:
    """Anthropic's input_tokens leave the cached ones out already. None when nothing was counted."""
    if not isinstance(counted, dict):
        return None
    details = counted.get("output_tokens_details")
    return unless_empty(
        Usage(
            input_tokens=number(counted, "input_tokens"),
            output_tokens=number(counted, "output_tokens"),
            cache_read_tokens=number(counted, "cache_read_input_tokens"),
            cache_write_tokens=number(counted, "cache_creation_input_tokens"),
            reasoning_tokens=number(details, "thinking_tokens") or number(details, "reasoning_tokens"),
        )
    )
