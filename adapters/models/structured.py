"""Final answers as JSON objects, for providers that have no word for them and for models that ignore it."""

from __future__ import annotations

import json
import re
from typing import Any

FENCE = re.compile(r"```(?:json)?[ \t]*\n(.*?)\n?[ \t]*```", re.S)


def object_in(text: str) -> dict[str, Any] | None:
    """The JSON object that the text is, or that its only fenced block holds; None otherwise."""
    whole = as_object(text)
    if whole is not None:
        return whole
    blocks = FENCE.findall(text)
    return as_object(blocks[0]) if len(blocks) == 1 else None


def as_object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def in_words(schema: dict[str, Any]) -> str:
    """The demand for the system text, when it cannot be made in the request itself."""
    return (
        "Your final answer must be one JSON object and nothing else, without a code fence. "
        f"It must fit this JSON Schema:\n{json.dumps(schema)}"
    )
