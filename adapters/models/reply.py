"""From what a provider said to a ModelAnswer: final answer found, usage settled, cost computed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from adapters.models import ModelAnswer, ModelRequest, ToolCall
from adapters.models.endpoint import Endpoint
from adapters.models.failures import failure
from adapters.models.structured import object_in, too_deep, whole
from adapters.models.tokens import estimate
from adapters.prices import cost_of, price_of
from faber.contract.money import Usage

LONGEST_NAME = 200


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
    reply = sound(reply)
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


def sound(reply: Reply) -> Reply:
    """The same as text and JSON that can be written down: it goes into artifacts, journals and histories."""
    structured = None if too_deep(reply.structured) else whole(reply.structured)
    return replace(
        reply,
        text=whole(reply.text),
        tool_calls=_told_apart(_sound_call(call) for call in reply.tool_calls),
        structured=structured,
        usage=reply.usage and reply.usage.at_least_zero(),
        finish_reason=whole(reply.finish_reason)[:LONGEST_NAME],
        request_id=_name(reply.request_id),
        model_version=_name(reply.model_version),
    )


def _sound_call(call: ToolCall) -> ToolCall:
    deep = too_deep(call.arguments)
    # A tool that was given other words than the model's would do another thing than it meant.
    broken = deep or whole(call.arguments) != call.arguments
    why = "nested too deep" if deep else "half of a surrogate pair in it" if broken else call.malformed
    return ToolCall(
        id=whole(str(call.id)),
        name=whole(str(call.name)),
        arguments={} if broken else call.arguments,
        malformed=whole(why),
        carried={} if too_deep(call.carried) else whole(call.carried),
    )


def _told_apart(calls: Iterable[ToolCall]) -> list[ToolCall]:
    """Each with an id of its own: with one twice, providers refuse the conversation from then on."""
    known: dict[str, ToolCall] = {}
    for place, call in enumerate(calls):
        while call.id in known:
            call = call.model_copy(update={"id": f"{call.id}_{place}"})
        known[call.id] = call
    return list(known.values())


def _name(value: Any) -> str | None:
    return None if value is None else str(whole(str(value)))[:LONGEST_NAME]
