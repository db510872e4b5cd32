"""Final answers as JSON objects, for providers that have no word for them and for models that ignore it."""

from __future__ import annotations

import json
import re
from typing import Any

DEEPEST = 60
HALF = re.compile("[\ud800-\udfff]")
THOUGHT = re.compile(r"\s*<think>.*?</think>", re.S)
FENCE = re.compile(r"```(?:json)?[ \t]*\n(.*?)\n?[ \t]*```", re.S)


def object_in(text: str) -> dict[str, Any] | None:
    """The JSON object that the text is, or that its only fenced block holds; None otherwise. What a model thought
    aloud before, as servers of open models show it, is no part of its answer."""
    thought = THOUGHT.match(text)
    answer = text[thought.end() :] if thought else text
    whole = as_object(answer)
    if whole is not None:
        return whole
    blocks = FENCE.findall(answer)
    return as_object(blocks[0]) if len(blocks) == 1 else None


def as_object(text: str) -> dict[str, Any] | None:
    """None as well for what is nested deeper than anything that is meant."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and not too_deep(value) else None


def too_deep(value: Any, left: int = DEEPEST) -> bool:
    """Whether writing it down as JSON again could fail: every library has a depth at which it gives up."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return left == 0 or any(too_deep(item, left - 1) for item in inner)


def whole(value: Any) -> Any:
    """Without halves of surrogate pairs, which JSON can spell and UTF-8 cannot. `value` is not too deep."""
    if isinstance(value, str):
        return HALF.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, dict):
        return {whole(name): whole(item) for name, item in value.items()}
    return [whole(item) for item in value] if isinstance(value, list) else value


def in_words(schema: dict[str, Any]) -> str:
    """The demand for the system text, when it cannot be made in the request itself."""
    return (
        "Your final answer must be one JSON object and nothing else, without a code fence. "
        f"It must fit this JSON Schema:\n{json.dumps(schema)}"
    )
