"""A plain scalar of YAML as JSON would read it; all else is text."""

from __future__ import annotations

import math
import re

LARGEST = 2**63 - 1
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)", re.ASCII)
_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?", re.ASCII)


def scalar(text: str) -> str | float | bool | None:
    """Errors: ValueError for a number that nothing could keep."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text) and len(text) <= 20 and abs(int(text)) <= LARGEST:
        return int(text)
    if _FLOAT.fullmatch(text):
        if not _INTEGER.fullmatch(text) and len(text) <= 100 and math.isfinite(float(text)):
            return float(text)
        raise ValueError(f"the number {text[:30]} is too large: quote it if it is a text")
    return text
