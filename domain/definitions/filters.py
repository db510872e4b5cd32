"""What a template may do with a value: each filter takes JSON values, and what it makes has a bound."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from domain.definitions.arithmetic import FUNCTIONS, ConditionError, kind

LENGTH = 1_000_000


def text_of(value: Any) -> str:
    """A text as it is, everything else as JSON: true, null, 1.5, {"a": [1]}. Errors: ConditionError."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError):
        raise ConditionError(f"this is {kind(value)}, and cannot be written out") from None


def _bounded(length: int) -> None:
    if length > LENGTH:
        raise ConditionError(f"the result would be longer than {LENGTH:,}")


def _on_text(function: Callable[[str], str]) -> Callable[[Any], str]:
    return lambda value: function(text_of(value))


def _join(values: Any, separator: Any = "") -> str:
    if not isinstance(values, list):
        raise ConditionError(f"join needs a list, and this is {kind(values)}")
    parts, between = [text_of(value) for value in values], text_of(separator)
    _bounded(sum(map(len, parts)) + len(parts) * len(between))
    return between.join(parts)


def _replace(value: Any, old: Any, new: Any) -> str:
    text, removed, put = text_of(value), text_of(old), text_of(new)
    _bounded(len(text) + text.count(removed) * len(put))
    return text.replace(removed, put)


def _round(value: Any, digits: Any = 0) -> int | float:
    number = FUNCTIONS["float"](value)
    if isinstance(digits, bool) or not isinstance(digits, int) or not 0 <= digits <= 15:
        raise ConditionError("round takes 0 to 15 digits")
    rounded: int | float = round(number, digits) if digits else FUNCTIONS["int"](round(number))
    return rounded


def _end(place: int) -> Callable[[Any], Any]:
    def end(values: Any) -> Any:
        if not isinstance(values, str | list) or not values:
            empty = "an empty one" if isinstance(values, str | list) else kind(values)
            raise ConditionError(
                f"first and last need a list or a text with something in it, and this is {empty}"
            )
        return values[place]

    return end


def _items(value: Any) -> list[list[Any]]:
    if not isinstance(value, dict):
        raise ConditionError(f"items needs a map, and this is {kind(value)}")
    return [[key, inner] for key, inner in value.items()]


def _json(value: Any, indent: Any = None) -> str:
    if indent is not None and (isinstance(indent, bool) or indent not in range(9)):
        raise ConditionError("tojson indents by 0 to 8")
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)


FILTERS: Mapping[str, Callable[..., Any]] = {
    "abs": FUNCTIONS["abs"],
    "capitalize": _on_text(str.capitalize),
    "first": _end(0),
    "float": FUNCTIONS["float"],
    "int": FUNCTIONS["int"],
    "items": _items,
    "join": _join,
    "last": _end(-1),
    "length": FUNCTIONS["len"],
    "lower": _on_text(str.lower),
    "replace": _replace,
    "round": _round,
    "string": text_of,
    "title": _on_text(str.title),
    "tojson": _json,
    "trim": _on_text(str.strip),
    "upper": _on_text(str.upper),
    # A slash is quoted too: what is put into a URL stays one part of it.
    "urlencode": _on_text(lambda text: quote(text, safe="")),
}
"""All but `default`, which alone takes what is missing."""
