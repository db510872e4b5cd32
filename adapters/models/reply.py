"""From what a provider said to a ModelAnswer: final answer found, usage settled, cost computed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from adapters.models import ModelAnswer, ModelRequest, ToolCall
from adapters.models.endpoint import Endpoint
from adapters.models.failures import failure
from adapters.models.structured import object_in
from adapters.models.tokens import estimate
from adapters.prices import cost_of, price_of
from faber.contract.money import Usage


@dataclass
class Reply:
    """One provider's answer in common words; `usage` None when it counted nothing."""

    text: str = ""
    tool_calls: list[ToolCall] = field(default_factory=list)
    structured: dict[str, Any] | None = None
    usage: Usage | None = None
    finish_reason: str = ""
    request_id: str | None = None
    model_version: str | None = None


def settle(request: ModelRequest, endpoint: Endpoint, reply: Reply) -> ModelAnswer:
    """Errors: LLMError INVALID_RESPONSE for an empty answer, with the `usage` and `cost_microusd` billed."""
    answer = priced(request, reply)
    if answer.text.strip() or answer.tool_calls or answer.structured is not None:
        return answer
    cut = answer.finish_reason == "length"
    limit = f"it used up its {request.max_output_tokens} output tokens before it wrote anything"
    raise failure(
        endpoint,
        "INVALID_RESPONSE",
        limit if cut else f"the answer is empty (finish reason {answer.finish_reason or 'not given'})",
        usage=answer.usage,
        cost_microusd=answer.cost_microusd,
        finish_reason=answer.finish_reason,
        request_id=answer.request_id,
    )


def priced(request: ModelRequest, reply: Reply) -> ModelAnswer:
    structured = reply.structured
    if structured is None and request.output_schema is not None:
        structured = object_in(reply.text)
    written = reply.text if reply.structured is None else reply.text + json.dumps(reply.structured)
    usage = reply.usage or estimate(request, written, reply.tool_calls)
    asked = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
    price = price_of(request.model, request.prices, input_tokens=asked)
    return ModelAnswer(
        text=reply.text,
        tool_calls=reply.tool_calls,
        # A model that still asks for tools has not answered yet, whatever else it wrote.
        structured=None if reply.tool_calls else structured,
        usage=usage,
        cost_microusd=cost_of(price, usage),
        priced=price.priced,
        finish_reason=reply.finish_reason,
        request_id=reply.request_id,
        model_version=reply.model_version,
    )
