"""Markdown with YAML front matter: read within bounds, every scalar as the text that was written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from faber.errors import ValidationError

MAX_FRONT_MATTER = 64_000
_FENCED = re.compile(r"---[ \t]*\r?\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)


def split(text: str, where: str) -> tuple[dict[str, Any], str]:
    """The front matter's mapping (empty without one) and the text below it. `where` is named in errors.

    Scalars stay strings: `id: 0012` and `id: 1e3` are what their author typed. Errors: ValidationError."""
    text = text.removeprefix("\ufeff")
    fenced = _FENCED.match(text)
    if fenced is None:
        return {}, text
    if len(fenced[1]) > MAX_FRONT_MATTER:
        raise ValidationError(f"The front matter of {where} is longer than {MAX_FRONT_MATTER:,} characters")
    try:
        # BaseLoader makes nothing but strings, lists and mappings, and shares what an alias points to.
        found = yaml.load(fenced[1], Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ValidationError(f"The front matter of {where} is not YAML: {reason}") from error
    if found in (None, ""):
        found = {}
    if not isinstance(found, dict):
        raise ValidationError(f"The front matter of {where} is not a mapping: write `title: ...` lines")
    return found, text[fenced.end() :]


def text_of(fields: Mapping[str, Any], *names: str) -> str:
    """The first of these fields that holds a single value."""
    values = (fields.get(name) for name in names)
    return next((value.strip() for value in values if isinstance(value, str) and value.strip()), "")


def texts_of(fields: Mapping[str, Any], name: str) -> list[str]:
    """A list, or one line separated by commas."""
    value = fields.get(name)
    items = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    return [item.strip() for item in items if isinstance(item, str) and item.strip()]


def joined(fields: Mapping[str, Any], body: str) -> str:
    head = yaml.safe_dump(dict(fields), sort_keys=False, allow_unicode=True, width=100)
    return f"---\n{head}---\n{body}"
