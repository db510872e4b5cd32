"""Other people's JSON Schema: what is wrong with it is found before it is used, and nothing in it hangs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.json_schema import SchemaRefused, errors_in, schema_problems

CATASTROPHE = "(x+x+)+y"
HOSTILE = "x" * 5_000


def told(value: Any, schema: Any) -> list[str]:
    return [error.message for error in errors_in(value, schema)]


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "strnig"}, "$.type: 'strnig' is not valid"),
        ({"properties": {"a": {"minimum": "1"}}}, "$.properties.a.minimum: '1' is not of type 'number'"),
        ({"properties": {"a": {"pattern": "(?=a)"}}}, "looks ahead or behind"),
        ({"patternProperties": {"(": True}}, "missing )"),
        ({"$ref": "http://example.org/x.json"}, "points outside of the schema"),
        ({"items": {"$ref": "#/$defs/nowhere"}}, "points outside of the schema, or to nothing in it"),
        ({"$ref": "#/x", "x": {"required": 5}}, "5 is not of type 'array'"),
        ({"$ref": "#/x", "x": {"pattern": "(?!a)"}}, "looks ahead or behind"),
        ({"$ref": "#/x", "x": {"$ref": "file:///etc/passwd"}}, "points outside of the schema"),
        ({"items": {"$schema": "http://json-schema.org/draft-07/schema#"}}, "$schema belongs at the top"),
        ({"unevaluatedProperties": False, "patternProperties": {"a": True}}, "is not supported together"),
        ({"enum": ["x" * 200_000]}, "more than 100,000"),
        ({"default": float("nan")}, "it is not JSON"),
        (5, "5 is not of type 'object', 'boolean'"),
        ([], "[] is not of type"),
    ],
)
def test_what_is_wrong_with_a_schema_is_said_with_its_place(schema: Any, said: str) -> None:
    problems = schema_problems(schema)
    assert any(said in problem for problem in problems), problems
    with pytest.raises(SchemaRefused, match="the schema itself is wrong"):
        errors_in({}, schema)


def test_a_schema_that_is_right_has_no_problem() -> None:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://example.org/root",
        "$defs": {"name": {"$anchor": "name", "type": "string", "pattern": r"^\p{Lu}\w*$"}},
        "properties": {"a": {"$ref": "#name"}, "b": {"$ref": "#/$defs/name"}, "c": {"$ref": "#"}},
        "additionalProperties": False,
    }
    assert schema_problems(schema) == []
    assert told({"a": "Ann", "c": {"b": "Éa"}}, schema) == []
    assert told({"a": "ann"}, schema) == [r"'ann' does not match '^\\p{Lu}\\w*$'"]
    assert schema_problems(True) == []


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert len(schema_problems({"type": 1, "minimum": "a", "required": "b"})) == 3


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"pattern": CATASTROPHE}, HOSTILE),
        ({"patternProperties": {CATASTROPHE: False}}, {HOSTILE: 1}),
        ({"patternProperties": {CATASTROPHE: True}, "additionalProperties": True}, {HOSTILE: 1}),
        ({"propertyNames": {"pattern": CATASTROPHE}}, {HOSTILE: 1}),
        ({"$ref": "#/x", "x": {"pattern": CATASTROPHE}}, HOSTILE),
    ],
)
def test_no_pattern_hangs_a_check(schema: Any, value: Any) -> None:
    errors_in(value, schema)


def test_additional_properties_are_those_that_no_pattern_takes() -> None:
    schema = {
        "properties": {"a": True},
        "patternProperties": {"^x-": {"type": "string"}},
        "additionalProperties": False,
    }
    assert told({"a": 1, "x-b": "c"}, schema) == []
    assert told({"x-b": 1}, schema) == ["1 is not of type 'string'"]
    (message,) = told({"b": 1}, schema)
    assert "'b' was unexpected" in message


def test_references_to_references_end() -> None:
    steps = {f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(40)}
    schema = {"$ref": "#/$defs/a0", "$defs": {**steps, "a40": True}}
    with pytest.raises(SchemaRefused, match="it would take too long"):
        errors_in(1, schema)
    assert told(1, {"type": "integer"}) == [], "the next value has a budget of its own"


@pytest.mark.parametrize("keyword", ["enum", "const"])
def test_what_is_compared_with_much_again_and_again_ends(keyword: str) -> None:
    much = [[n] * 3 for n in range(3_000)]
    with pytest.raises(SchemaRefused, match="it would take too long"):
        errors_in([[1, 2, -3]] * 3_000, {"items": {keyword: much}})
    assert told([1, 2, 3], {"enum": [[1, 2, 3.0]]}) == []
    (message,) = told(-1, {"enum": much})
    assert message.startswith("-1 is not one of [[0, 0, 0], ") and len(message) == 200


def test_a_caller_may_give_less_work() -> None:
    schema = {"items": {"type": "integer"}}
    assert errors_in([1] * 1_000, schema, work=2_000) == []
    with pytest.raises(SchemaRefused, match="it would take too long"):
        errors_in([1] * 3_000, schema, work=2_000)


@pytest.mark.parametrize("value", [10**400, float("inf")])
def test_a_number_that_cannot_be_reckoned_with_is_said_to_be_so(value: float) -> None:
    with pytest.raises(SchemaRefused, match="a number of the value cannot be checked"):
        errors_in(value, {"multipleOf": 0.5})


def test_many_items_that_cannot_be_sorted_are_compared_in_a_moment() -> None:
    items: list[Any] = [{"a": n} for n in range(50_000)]
    schema = {"uniqueItems": True}
    assert told(items, schema) == []
    for twin in ({"a": 1}, {"a": 1.0}):
        assert len(told([*items, twin], schema)) == 1
    assert told([1, True, "1", [1], [True]], schema) == []


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.sampled_from(["a", "#", "#/a", "(a+)+$", "string", "object"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "$ref",
                    "$id",
                    "$defs",
                    "$anchor",
                    "$dynamicRef",
                    "type",
                    "properties",
                    "items",
                    "pattern",
                    "enum",
                    "patternProperties",
                    "additionalProperties",
                    "allOf",
                    "not",
                    "if",
                    "then",
                    "required",
                    "a",
                    "$schema",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@settings(max_examples=300, deadline=None)
@given(JSON, JSON)
def test_any_json_is_a_schema_or_has_problems_and_no_value_raises_anything_else(
    schema: Any, value: Any
) -> None:
    problems = schema_problems(schema)
    json.dumps(problems)
    try:
        errors_in(value, schema)
    except SchemaRefused as refused:
        assert problems or "in circles" in refused.message
    else:
        assert problems == []
