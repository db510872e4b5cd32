"""An answer of OpenAI's chat completions, read leniently: five providers fill it in five ways."""

from __future__ import annotations

from typing import Any

from adapters.models import ToolCall
from adapters.models.endpoint import Endpoint
from adapters.models.failures import failure
from adapters.models.reply import Reply
from adapters.models.structured import as_object
from adapters.models.tokens import number, unless_empty
from faber.contract.money import Usage


def reply_of(answer: dict[str, Any], endpoint: Endpoint) -> Reply:
    """Errors: LLMError INVALID_RESPONSE when there is no choice in it."""
    usage = usage_of(answer.get("usage"))
    choices = answer.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        raise failure(endpoint, "INVALID_RESPONSE", "the answer holds no choices", usage=usage)
    return Reply(
        text=_text(message.get("content")) or str(message.get("refusal") or ""),
        tool_calls=_tool_calls(message),
        usage=usage,
        finish_reason=str(choice.get("finish_reason") or ""),
        request_id=answer.get("id"),
        model_version=answer.get("model"),
    )


def usage_of(counted: Any) -> Usage | None:
    """OpenAI's prompt_tokens include the cached ones; ours do not. None when nothing was counted."""
    if not isinstance(counted, dict):
        return None
    asked, written = number(counted, "prompt_tokens"), number(counted, "completion_tokens")
    within = counted.get("prompt_tokens_details")
    read = number(within, "cached_tokens") or number(counted, "prompt_cache_hit_tokens")
    wrote = number(within, "cache_write_tokens")
    # Google and xAI bill the reasoning but leave it out of completion_tokens; only the total shows it.
    hidden = max(0, number(counted, "total_tokens") - asked - written)
    reasoning = number(counted.get("completion_tokens_details"), "reasoning_tokens")
    return unless_empty(
        Usage(
            input_tokens=max(0, asked - read - wrote),
            output_tokens=written + hidden,
            cache_read_tokens=read,
            cache_write_tokens=wrote,
            reasoning_tokens=max(reasoning, hidden),
        )
    )


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _tool_calls(message: dict[str, Any]) -> list[ToolCall]:
    calls = [_tool_call(call, place) for place, call in enumerate(message.get("tool_calls") or [])]
    if calls and message.get("reasoning_content"):
        calls[0].carried["reasoning_content"] = message["reasoning_content"]
    return calls


def _tool_call(call: dict[str, Any], place: int) -> ToolCall:
    function = call.get("function") or {}
    raw = function.get("arguments")
    arguments = raw if isinstance(raw, dict) else as_object(raw or "{}")
    extra = call.get("extra_content")
    return ToolCall(
        # Some compatible servers give no id; the answer to the call must still find it.
        id=str(call.get("id") or f"call_{place}"),
        name=str(function.get("name") or ""),
        arguments=arguments or {},
        malformed=raw if arguments is None else None,
        carried={} if extra is None else {"extra_content": extra},
    )
