"""Whatever is written as a template: it renders to a bounded text, or is a TemplateProblem, and reads JSON only."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.definitions.templates import (
    TemplateProblem,
    names_in,
    problems_with,
    render,
    render_value,
    secrets_in,
)
from faber.contract.definition_runs import Context

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
CONTEXTS = st.dictionaries(st.sampled_from(["a", "b", "c"]), JSON)
NAMES = st.sampled_from(
    ["a", "b", "a.b", "b[0]", "a['c']", "1", "'x'", "[a]", "{'a': b}", "none", "true", "loop"]
)
DUNDERS = st.sampled_from(
    [
        "__class__",
        "__mro__",
        "__globals__",
        "__subclasses__",
        "format",
        "real",
        "keys",
        "_iterator",
        "cycle",
        "0",
    ]
)
FILTERS = st.sampled_from(
    [
        *(
            "upper",
            "length",
            "join",
            "int",
            "string",
            "tojson",
            "first",
            "round(2)",
            "replace('x', a)",
            "default(b)",
        ),
        *("items", "map('upper')", "attr('__class__')", "format(1)", "batch(2)"),
    ]
)
EXPRESSIONS = st.recursive(
    NAMES,
    lambda inner: st.one_of(
        st.tuples(inner, DUNDERS).map(lambda made: f"({made[0]}).{made[1]}"),
        st.tuples(inner, DUNDERS).map(lambda made: f"({made[0]})['{made[1]}']"),
        st.tuples(inner, FILTERS).map(lambda made: f"({made[0]})|{made[1]}"),
        st.tuples(
            inner, st.sampled_from(["+", "-", "*", "%", "//", "~", "**", "==", "in", "and", "is"]), inner
        ).map(lambda made: f"({made[0]}) {made[1]} ({made[2]})"),
        inner.map(lambda made: f"({made})()"),
        inner.map(lambda made: f"'x' * ({made}) * 99999999"),
        st.tuples(inner, inner).map(lambda made: f"({made[0]}) if ({made[1]}) else 1"),
    ),
    max_leaves=5,
)
TEMPLATES = st.recursive(
    EXPRESSIONS.map(lambda made: "{{ " + made + " }}") | st.text(max_size=10),
    lambda inner: st.one_of(
        st.tuples(EXPRESSIONS, inner).map(
            lambda made: "{% for i in " + made[0] + " %}" + made[1] + "{% endfor %}"
        ),
        st.tuples(EXPRESSIONS, inner).map(lambda made: "{% if " + made[0] + " %}" + made[1] + "{% endif %}"),
        st.lists(inner, max_size=3).map("".join),
    ),
    max_leaves=4,
)


@settings(max_examples=400, deadline=None)
@given(TEMPLATES | st.text(max_size=50), CONTEXTS)
def test_a_template_renders_to_a_bounded_text_or_is_refused(template: str, values: dict[str, Any]) -> None:
    context = Context(runtime=values)
    try:
        text = render(template, context)
        value = render_value(template, context)
    except TemplateProblem as problem:
        assert len(problem.message) < 3_000
    else:
        assert len(text) <= 1_000_000
        json.dumps(value)
        assert problems_with(template) == []
        # A type, a method or a module would show itself so.
        assert "<class" not in text
        assert "<built-in" not in text
        assert "object at 0x" not in text


@settings(deadline=None)
@given(st.text("{}%#-ab.|'( )\n", max_size=60))
def test_looking_at_a_template_never_raises(template: str) -> None:
    assert isinstance(problems_with(template), list)
    assert isinstance(names_in(template), list)
    assert isinstance(secrets_in(template), list)


@settings(max_examples=200, deadline=None)
@given(EXPRESSIONS)
def test_a_name_that_is_not_said_to_be_needed_is_never_missed(expression: str) -> None:
    template = "{{ " + expression + " }}"
    try:
        render(template, Context(runtime=dict.fromkeys(names_in(template), 1)))
    except TemplateProblem as problem:
        assert "there is no name 'a'" not in problem.message
        assert "there is no name 'b'" not in problem.message
