"""What several JSON Schemas say together about one place of a value."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from domain.patterns import occurs

KINDS = ("object", "array", "string", "integer", "number", "boolean", "null")
HINTS = {
    "object": (
        *("properties", "required", "additionalProperties", "patternProperties", "propertyNames"),
        *("minProperties", "maxProperties", "dependentRequired", "dependentSchemas", "unevaluatedProperties"),
    ),
    "array": ("items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems", "unevaluatedItems"),
    "string": ("pattern", "format", "minLength", "maxLength"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}


class Part(NamedTuple):
    """A schema, or True or False, and where its references start from."""

    schema: Any
    resolver: Any


def choices(schema: dict[str, Any]) -> list[list[list[Any]]]:
    """Each choice that it leaves, as the lists of schemas of which one list must hold."""
    groups = [[[branch] for branch in schema[word]] for word in ("anyOf", "oneOf") if word in schema]
    if "if" in schema:
        groups.append([[schema["if"], schema.get("then", True)], [schema.get("else", True)]])
    dependent = {name: [{"required": names}] for name, names in schema.get("dependentRequired", {}).items()}
    for name, inner in schema.get("dependentSchemas", {}).items():
        dependent[name] = [*dependent.get(name, []), inner]
    for name, follows in dependent.items():
        groups.append([[{"required": [name]}, *follows], [{"properties": {name: False}}]])
    unwanted = schema.get("not")
    if isinstance(unwanted, dict) and list(unwanted) == ["required"]:
        groups.append([[{"properties": {name: False}}] for name in unwanted["required"]])
    return groups


def fixed(rules: Sequence[dict[str, Any]]) -> list[Any] | None:
    """The values that every enum and const allows; None when there is neither."""
    lists = [rule["enum"] for rule in rules if "enum" in rule]
    lists += [[rule["const"]] for rule in rules if "const" in rule]
    if not lists:
        return None
    kinds = allowed_kinds(rules)
    written = [{json.dumps(one, sort_keys=True) for one in values} for values in lists]
    return [
        one
        for one in lists[0]
        if all(json.dumps(one, sort_keys=True) in values for values in written)
        and (kinds is None or kinds_of(one) & set(kinds))
    ]


def allowed_kinds(rules: Sequence[dict[str, Any]]) -> list[str] | None:
    """The types that all of them allow; None when none says anything. A number may be whole."""
    said = [_kinds(rule["type"]) for rule in rules if "type" in rule]
    said += [
        set(KINDS) - _kinds(rule["not"]["type"])
        for rule in rules
        if isinstance(rule.get("not"), dict) and list(rule["not"]) == ["type"]
    ]
    if not said:
        return None
    left = set.intersection(*said)
    return [kind for kind in KINDS if kind in left and not (kind == "integer" and "number" in left)]


def hinted_kinds(rules: Sequence[dict[str, Any]]) -> list[str]:
    """The types that they speak of without asking for one."""
    return [kind for kind, words in HINTS.items() if any(word in rule for rule in rules for word in words)]


def kinds_of(value: Any) -> set[str]:
    if isinstance(value, bool):
        return {"boolean"}
    if isinstance(value, int | float):
        return {"integer", "number"} if float(value).is_integer() else {"number"}
    names: dict[type, str] = {dict: "object", list: "array", str: "string"}
    return {names.get(type(value), "null")}


def most(rules: Sequence[dict[str, Any]], word: str, otherwise: int) -> int:
    return min((int(rule[word]) for rule in rules if word in rule), default=otherwise)


def least(rules: Sequence[dict[str, Any]], word: str) -> int:
    return max((int(rule[word]) for rule in rules if word in rule), default=0)


def of_property(parts: Sequence[Part], name: str) -> list[Part]:
    """What must hold for the property of that name."""
    found: list[Part] = []
    for schema, resolver in parts:
        own = [schema["properties"][name]] if name in schema.get("properties", {}) else []
        own += [
            inner for pattern, inner in schema.get("patternProperties", {}).items() if occurs(pattern, name)
        ]
        if not own and "additionalProperties" in schema:
            own = [schema["additionalProperties"]]
        found += [Part(inner, resolver) for inner in own]
    return found or [
        Part(one.schema["unevaluatedProperties"], one.resolver) for one in parts if _closed(one, "Properties")
    ]


def of_item(parts: Sequence[Part], place: int) -> list[Part]:
    """What must hold for the item of that place."""
    found: list[Part] = []
    for schema, resolver in parts:
        prefix = schema.get("prefixItems", [])
        if place < len(prefix):
            found.append(Part(prefix[place], resolver))
        elif "items" in schema:
            found.append(Part(schema["items"], resolver))
    return found or [
        Part(one.schema["unevaluatedItems"], one.resolver) for one in parts if _closed(one, "Items")
    ]


def _closed(part: Part, of: str) -> bool:
    return f"unevaluated{of}" in part.schema


def _kinds(said: str | list[str]) -> set[str]:
    kinds = {said} if isinstance(said, str) else set(said)
    return kinds | {"integer"} if "number" in kinds else kinds
