"""Whatever a JSON Schema 2020-12 asks for is invented, or it is said why not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.models.invention import invent
from adapters.models.uninventable import Uninventable
from domain.schema import problems_with
from tests.adapters.models.tree import TREE

LIST_BY_REFERENCE = {
    "type": "object",
    "required": ["head", "tail"],
    "properties": {"head": {"type": "string"}, "tail": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}},
}
SCHEMAS: dict[str, dict[str, Any]] = {
    "anything": {},
    "any object": {"type": "object"},
    "every type": {"type": ["null", "boolean", "integer", "number", "string", "array", "object"]},
    "null": {"type": "null"},
    "boolean": {"type": "boolean"},
    "enum": {"enum": [None, 1, "a", {"b": [1]}]},
    "enum and type": {"enum": ["a", 1, None], "type": "integer"},
    "enum of enum": {"allOf": [{"enum": [1, 2, 3]}, {"enum": [3, 4]}]},
    "const object": {"const": {"a": [1, {"b": None}]}},
    "integer between": {"type": "integer", "minimum": 3, "maximum": 3},
    "integer above": {"type": "integer", "exclusiveMinimum": 10**12},
    "integer below": {"type": "integer", "exclusiveMaximum": -5},
    "integer between fractions": {"type": "integer", "minimum": 1.5, "maximum": 2.5},
    "number in a gap": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.001},
    "number exactly": {"type": "number", "minimum": 0.25, "maximum": 0.25},
    "multiples": {"type": "integer", "multipleOf": 7, "minimum": 50, "maximum": 56},
    "multiples of several": {
        "allOf": [{"multipleOf": 4}, {"multipleOf": 6}],
        "type": "integer",
        "minimum": 1,
    },
    "multiples of a fraction": {"type": "number", "multipleOf": 0.1, "minimum": 1},
    "small multiples of a fraction": {
        "type": "number",
        "multipleOf": 0.25,
        "exclusiveMinimum": 0,
        "maximum": 0.5,
    },
    "large numbers": {"type": "number", "minimum": 1e300},
    "text length": {"type": "string", "minLength": 40, "maxLength": 41},
    "no text": {"type": "string", "maxLength": 0},
    "pattern": {"type": "string", "pattern": r"^[A-Z]{3}-\d{4}$"},
    "pattern within": {"type": "string", "pattern": "b+c"},
    "pattern with length": {"type": "string", "pattern": r"^\w+$", "maxLength": 5, "minLength": 2},
    "pattern of another spelling": {"type": "string", "pattern": r"^\p{Lu}\p{L}+\x{2013}\d\z"},
    "two patterns": {"type": "string", "allOf": [{"pattern": "^a"}, {"pattern": "^[a-c]{3}$"}]},
    "tuple": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False},
    "tuple and more": {"type": "array", "prefixItems": [{"const": 1}], "items": {"const": 2}, "minItems": 4},
    "exactly so many": {"type": "array", "items": {"type": "boolean"}, "minItems": 7, "maxItems": 7},
    "all different": {"type": "array", "items": {"type": "integer"}, "uniqueItems": True, "minItems": 12},
    "all there are": {"type": "array", "items": {"enum": [1, 2, 3]}, "uniqueItems": True, "minItems": 3},
    "contains": {"type": "array", "items": {"type": "integer"}, "contains": {"minimum": 90, "maximum": 99}},
    "contains several": {"type": "array", "contains": {"const": 5}, "minContains": 3, "maxContains": 3},
    "contains none": {"type": "array", "contains": {"const": 5}, "minContains": 0, "items": {"const": 4}},
    "empty array": {"type": "array", "maxItems": 0},
    "nothing in it": {"type": "array", "items": False},
    "closed": {"type": "object", "properties": {"a": {"const": 1}}, "additionalProperties": False},
    "required unknown": {"type": "object", "required": ["made up"]},
    "table": {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 3},
    "pattern properties": {
        "type": "object",
        "patternProperties": {"^x-[a-z]{2,4}$": {"type": "integer"}},
        "additionalProperties": False,
        "minProperties": 2,
    },
    "names": {"type": "object", "propertyNames": {"pattern": "^k[0-9]{3}$"}, "minProperties": 2},
    "few of many": {
        "type": "object",
        "properties": {name: {"type": "string"} for name in "abcdefgh"},
        "maxProperties": 2,
        "required": ["h"],
    },
    "an impossible option": {"type": "object", "properties": {"never": False, "always": {"const": 1}}},
    "dependent required": {
        "type": "object",
        "properties": {"card": {"type": "string"}, "address": {"type": "string"}},
        "dependentRequired": {"card": ["address", "name"]},
        "required": ["card"],
    },
    "dependent schemas": {
        "type": "object",
        "properties": {"card": {"type": "string"}},
        "dependentSchemas": {"card": {"required": ["cvc"], "properties": {"cvc": {"pattern": "^[0-9]{3}$"}}}},
        "required": ["card"],
    },
    "all of": {
        "allOf": [
            {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer", "minimum": 5}}},
            {"properties": {"a": {"maximum": 6}, "b": {"type": "string"}}, "required": ["b"]},
        ]
    },
    "any of types": {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "integer", "minimum": 5}]},
    "any of with a dead branch": {"type": "string", "anyOf": [{"type": "integer"}, {"maxLength": 4}]},
    "one of by const": {
        "type": "object",
        "oneOf": [
            {"properties": {"kind": {"const": "a"}, "x": {"type": "integer"}}, "required": ["kind", "x"]},
            {"properties": {"kind": {"const": "b"}, "y": {"type": "string"}}, "required": ["kind", "y"]},
        ],
    },
    "one of overlapping": {
        "type": "integer",
        "oneOf": [{"minimum": 10, "maximum": 60}, {"minimum": 50, "maximum": 90}],
    },
    "if then else": {
        "type": "object",
        "required": ["country", "code"],
        "properties": {"country": {"enum": ["US", "DE"]}, "code": {"type": "string"}},
        "if": {"properties": {"country": {"const": "US"}}},
        "then": {"properties": {"code": {"pattern": "^[0-9]{5}$"}}},
        "else": {"properties": {"code": {"pattern": "^D-[0-9]{5}$"}}},
    },
    "not a type": {"not": {"type": "string"}},
    "not a value": {"type": "integer", "minimum": 1, "maximum": 3, "not": {"const": 2}},
    "not required": {
        "type": "object",
        "properties": {"a": {"const": 1}, "b": {"const": 2}},
        "not": {"required": ["a"]},
    },
    "a tree": TREE,
    "a list by reference": LIST_BY_REFERENCE,
    "anchor": {
        "$defs": {"a": {"$anchor": "here", "type": "integer"}},
        "type": "array",
        "items": {"$ref": "#here"},
    },
    "own id": {
        "$id": "https://example.com/whole",
        "$defs": {
            "part": {
                "$id": "part",
                "type": "object",
                "required": ["n"],
                "properties": {"n": {"$ref": "#/$defs/n"}},
                "$defs": {"n": {"const": 7}},
            }
        },
        "$ref": "part",
    },
    "pointer with escapes": {"$defs": {"a/b~c": {"const": 1}}, "$ref": "#/$defs/a~1b~0c"},
    "dynamic reference": {
        "$dynamicAnchor": "node",
        "type": "object",
        "required": ["data"],
        "properties": {"data": {"const": 1}, "next": {"$dynamicRef": "#node"}},
    },
    "nothing unevaluated": {
        "type": "object",
        "allOf": [{"properties": {"a": {"type": "string"}}, "required": ["a"]}],
        "properties": {"b": {"type": "integer"}},
        "unevaluatedProperties": False,
    },
    "no unevaluated items": {"type": "array", "prefixItems": [{"const": 1}], "unevaluatedItems": False},
    "words of no meaning": {
        "type": "string",
        "title": "t",
        "description": "d",
        "examples": ["x"],
        "x-own": 1,
    },
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_value_fits_its_schema_whatever_the_seed(name: str) -> None:
    for seed in ("42/a", "42/b", "7/c"):
        value = invent(SCHEMAS[name], seed)
        assert problems_with(value, SCHEMAS[name]) == []
        assert json.loads(json.dumps(value, allow_nan=False)) == value


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_same_seed_gives_the_same_value(name: str) -> None:
    assert json.dumps(invent(SCHEMAS[name], "42")) == json.dumps(invent(SCHEMAS[name], "42"))


def test_another_seed_gives_another_value() -> None:
    schema = {"type": "object", "required": ["n"], "properties": {"n": {"type": "number"}}}
    assert len({json.dumps(invent(schema, str(seed))) for seed in range(20)}) > 10


@pytest.mark.parametrize(
    ("form", "looks"),
    [
        ("date", r"^\d{4}-\d\d-\d\d$"),
        ("date-time", r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"),
        ("email", r"^\w+@example\.com$"),
        ("uuid", r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"),
        ("uri", r"^https://example\.com/"),
        ("ipv4", r"^192\.0\.2\.\d+$"),
        ("of nobody", r"^[a-z ]+$"),
    ],
)
def test_a_format_is_followed(form: str, looks: str) -> None:
    value = invent({"type": "string", "format": form}, "42")
    assert problems_with(value, {"type": "string", "pattern": looks}) == []


def test_what_is_described_is_there_and_not_only_what_is_required() -> None:
    schema = {"type": "object", "properties": {name: {"type": "integer"} for name in "abcdefghij"}}
    assert len(invent(schema, "42")) > 3


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"type": "integer", "minimum": 5, "maximum": 4}, "no number is within its bounds"),
        ({"type": "integer", "minimum": 1.2, "maximum": 1.8}, "no number is within its bounds"),
        ({"type": "string", "minLength": 5, "maxLength": 4}, "at least 5 and at most 4"),
        ({"type": "string", "enum": [1, 2]}, "exclude each other"),
        ({"allOf": [{"type": "string"}, {"type": "integer"}]}, "exclude each other"),
        ({"type": "object", "required": ["a"], "properties": {"a": False}}, "nothing is allowed"),
        ({"type": "object", "required": ["a"], "additionalProperties": False}, "nothing is allowed"),
        ({"type": "array", "minItems": 3, "maxItems": 2}, "more items than it may have"),
        (
            {"type": "array", "minItems": 3, "uniqueItems": True, "items": {"type": "boolean"}},
            "differ from each other",
        ),
        ({"not": {}}, "does not fit"),
        ({"$ref": "#"}, "circles"),
        ({"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#"}}}, "without end"),
        (
            {
                "type": "object",
                "required": ["a"],
                "dependentRequired": {f"n{number}": ["a"] for number in range(40)},
                "properties": {"a": False},
            },
            "nothing is allowed|too many",
        ),
        ({"type": "array", "minItems": 10_000_000}, "more items than it may have"),
        ({"type": "string", "minLength": 10_000_000}, "at least 10000000"),
        ({"$ref": "https://example.com/other"}, "points outside of the schema"),
        ({"type": "text"}, "wrong itself"),
        ({"type": "string", "pattern": "(?=a)b"}, "looks ahead"),
        ({"type": "string", "allOf": [{"pattern": "^a$"}, {"pattern": "^b$"}]}, "no text was found"),
    ],
)
def test_a_schema_that_nothing_fits_is_said_to_be_one_and_why(schema: dict[str, Any], why: str) -> None:
    with pytest.raises(Uninventable, match=why):
        invent(schema, "42")
