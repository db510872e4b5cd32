"""Templates of definitions: Jinja over JSON values, where a dot reads a map and nothing can be called.

A text that is exactly one `{{ expression }}` has that expression's own value in `render_value`: a number stays a
number. Elsewhere a text is put in as it is, everything else as JSON. What is missing is an error unless `default` or
`is defined` asks for it. `{{ secret.NAME }}` is resolved where the template is rendered.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import nodes

from domain.definitions.grammar import LENGTH, SECRET, TemplateProblem, free_names, parsed, secret_name
from domain.definitions.paths import merged
from domain.definitions.rendering import Rendering
from faber.contract.definition_runs import Context

__all__ = ["TemplateProblem", "names_in", "problems_with", "render", "render_value", "secrets_in"]

Secrets = Callable[[str], str]


@dataclass(frozen=True)
class _Look:
    problems: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()


def problems_with(template: str) -> list[str]:
    """All that can be said against a template before there is a context; empty when it may be rendered."""
    return list(_look(template).problems)


def names_in(template: str) -> list[str]:
    """The names that it reads of a context, sorted; a template with problems reads none."""
    return list(_look(template).names)


def secrets_in(template: str) -> list[str]:
    """The names of the secrets that it asks for, sorted; a template with problems asks for none."""
    return list(_look(template).secrets)


@functools.lru_cache(maxsize=64)
def _look(template: str) -> _Look:
    try:
        tree = parsed(template)
    except TemplateProblem as error:
        return _Look(problems=(error.message,))
    secrets = {name for node in tree.find_all(nodes.Expr) if (name := secret_name(node))}
    return _Look(names=tuple(sorted(set(free_names(tree)) - {SECRET})), secrets=tuple(sorted(secrets)))


def render(
    template: str,
    context: Context,
    *,
    extra: Mapping[str, Any] | None = None,
    secrets: Secrets | None = None,
) -> str:
    """The template's text; `extra` hides the context. Errors: TemplateProblem."""
    if _is_plain(template):
        return template
    return Rendering({**merged(context), **(extra or {})}, secrets).text(template)


def render_value(
    value: Any,
    context: Context,
    *,
    extra: Mapping[str, Any] | None = None,
    secrets: Secrets | None = None,
) -> Any:
    """The value with every text in it rendered, keys as they are; everything within one budget.
    Errors: TemplateProblem."""
    # One for all texts, made by the first that needs it.
    rendering = functools.cache(lambda: Rendering({**merged(context), **(extra or {})}, secrets))
    return _rendered(value, rendering)


def _rendered(value: Any, rendering: Callable[[], Rendering]) -> Any:
    if isinstance(value, str):
        return value if _is_plain(value) else rendering().value(value)
    if isinstance(value, dict):
        return {name: _rendered(inner, rendering) for name, inner in value.items()}
    return [_rendered(inner, rendering) for inner in value] if isinstance(value, list) else value


def _is_plain(template: str) -> bool:
    """Whether it says itself; Jinja writes every line end in one way."""
    return len(template) <= LENGTH and not any(mark in template for mark in ("{{", "{%", "{#", "\r"))
