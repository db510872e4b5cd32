"""What a step reads of its context, where its own text tells: only that is sent along, and kept in history."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from domain.definitions import conditions, templates
from faber.contract.definitions import Step


def names_read(step: Step) -> list[str] | None:
    """Sorted; None where another text than the step's own may read as well, as a model's template does."""
    config = step.config
    match step.type:
        case "conditional":
            return conditions.names_in(str(config.get("when", "")))
        case "api_call" if step.for_each is None:
            written = [config.get(name) for name in ("url", "headers", "body")]
        case "form":
            written = [config.get("title")]
        case "approval":
            written = [config.get("message")]
        case _:
            return None
    return sorted({name for text in _texts(written) for name in templates.names_in(text)})


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
