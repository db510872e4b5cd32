"""Whatever is written into an expression: it has a JSON value, or is a ConditionError, and it stays small."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.definitions.conditions import ConditionError, evaluate, names_in, problems_with
from faber.contract.definition_runs import Context

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)
CONTEXTS = st.dictionaries(st.sampled_from(["a", "b", "c", "a_output"]), JSON)
ATOMS = st.sampled_from(
    [
        "a",
        "b",
        "c",
        "1",
        "0",
        "-1",
        "2.5",
        "9223372036854775807",
        "'x'",
        "'%999999999d'",
        "True",
        "None",
        "[]",
        "{}",
        "[a]",
        "{'a':b}",
        "__import__",
        "1e308",
    ]
)
TREES = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(
            inner,
            st.sampled_from(
                ["+", "-", "*", "/", "//", "%", "**", "<<", "==", "<", "in", "not_in", "and", "or"]
            ),
            inner,
        ).map(lambda made: f"({made[0]} {made[1].replace('_', ' ')} {made[2]})"),
        st.tuples(
            st.sampled_from(["len", "any", "min", "str", "int", "float", "abs", "eval", "getattr"]), inner
        ).map(lambda made: f"{made[0]}({made[1]})"),
        st.tuples(inner, inner).map(lambda made: f"{made[0]}[{made[1]}]"),
        st.tuples(inner, inner, inner).map(lambda made: f"({made[0]} if {made[1]} else {made[2]})"),
        inner.map(lambda made: f"'x' * {made} * 999999999"),
        inner.map(lambda made: f"{made}.__class__"),
        inner.map(lambda made: f"[x for x in {made}]"),
    ),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(st.one_of(TREES, st.text(max_size=300)), CONTEXTS)
def test_an_expression_has_a_small_json_value_or_is_refused(expression: str, values: dict[str, Any]) -> None:
    try:
        value = evaluate(expression, Context(runtime=values))
    except ConditionError as error:
        assert len(error.message) < 3_000
        error.message.encode()
        return
    assert problems_with(expression) == []
    assert len(json.dumps(value)) < 600_000


@settings(deadline=None)
@given(TREES)
def test_a_name_that_is_not_said_to_be_needed_is_never_missed(expression: str) -> None:
    context = Context(runtime=dict.fromkeys(names_in(expression), 1))
    try:
        evaluate(expression, context)
    except ConditionError as error:
        assert "there is no name" not in error.message


@settings(deadline=None)
@given(st.text(max_size=300))
def test_looking_at_an_expression_never_raises(expression: str) -> None:
    assert isinstance(problems_with(expression), list)
