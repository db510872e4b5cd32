"""A value for any JSON Schema 2020-12, invented: the same seed and the same schema give the same value."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from itertools import islice, product
from random import Random
from typing import Any

from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from adapters.models import invented_rules as together
from adapters.models.invented_numbers import number
from adapters.models.invented_rules import Part
from adapters.models.invented_texts import by_pattern, text
from adapters.models.uninventable import Uninventable
from domain.json_schema import schema_problems
from domain.schema import problems_with

ATTEMPTS = 40
MOST_STEPS = 4_000
MOST_RULES = 200
MOST_WAYS = 12
MOST_MEMBERS = 500
TRIES = 20
DEEP, DEEPEST = 5, 30


def invent(schema: dict[str, Any], seed: str) -> Any:
    """Errors: Uninventable, which says why."""
    wrong = schema_problems(schema)
    if wrong:
        raise Uninventable(f"it is wrong itself: {'; '.join(wrong)}")
    reason = ""
    for attempt in range(ATTEMPTS):
        try:
            value = _Invention(schema, Random(f"{seed}/{attempt}"), sparse=attempt % 4 == 3).value()
        except Uninventable as error:
            reason = str(error)
            continue
        problems = problems_with(value, schema)
        if not problems:
            return value
        reason = f"the nearest value does not fit: {problems[0]}"
    raise Uninventable(reason)


class _Invention:
    """One try. What must hold at one place is a list of schemas: each reference, branch and condition adds to it.
    `sparse`: nothing that may be left out is there."""

    def __init__(self, schema: dict[str, Any], random: Random, *, sparse: bool) -> None:
        resource = DRAFT202012.create_resource(schema)
        registry: Registry[Any] = Registry().with_resource("", resource).crawl()
        self._root = Part(schema, registry.resolver(""))
        self._random = random
        self._sparse = sparse
        self._left = MOST_STEPS

    def value(self) -> Any:
        return self._value([self._root], 0)

    def _value(self, parts: list[Part], depth: int) -> Any:
        if depth > DEEPEST:
            raise Uninventable("its values grow without end")
        reason = Uninventable("nothing is allowed at one of its places")
        for way in islice(self._ways(parts, [], depth), MOST_WAYS):
            try:
                return self._shaped(way, depth)
            except Uninventable as error:
                reason = error
        raise reason

    def _ways(self, waiting: list[Part], found: list[Part], depth: int) -> Iterator[list[Part]]:
        """The lists of schemas without a choice left in them of which any would do."""
        self._left -= 1
        if self._left < 0:
            raise Uninventable("its values grow without end, or its choices are too many")
        if len(found) > MOST_RULES:
            raise Uninventable("its references go round in circles")
        if not waiting:
            yield found
            return
        (schema, resolver), *rest = waiting
        if isinstance(schema, bool):
            yield from self._ways(rest, found, depth) if schema else ()
            return
        resolver = resolver.in_subresource(DRAFT202012.create_resource(schema))
        rest += [Part(inner, resolver) for inner in schema.get("allOf", ())]
        rest += [_followed(schema[word], resolver) for word in ("$ref", "$dynamicRef") if word in schema]
        groups = [self._in_order(group, depth) for group in together.choices(schema)]
        for chosen in product(*groups):
            added = [Part(inner, resolver) for schemas in chosen for inner in schemas]
            yield from self._ways(rest + added, [*found, Part(schema, resolver)], depth)

    def _in_order(self, group: list[list[Any]], depth: int) -> list[list[Any]]:
        """Any order; deep inside what is simple comes first, or a recursive schema would never end."""
        mixed = self._random.sample(group, len(group))
        return sorted(mixed, key=lambda schemas: len(json.dumps(schemas))) if depth > DEEP else mixed

    def _shaped(self, parts: list[Part], depth: int) -> Any:
        rules = [part.schema for part in parts]
        fixed = together.fixed(rules)
        if fixed:
            return copy.deepcopy(self._random.choice(fixed))
        kinds = together.allowed_kinds(rules)
        hinted = together.hinted_kinds(rules)
        reason = Uninventable("its enums or its types exclude each other")
        for kind in () if fixed == [] else self._kinds_in_order(kinds, hinted, depth):
            try:
                return self._of_kind(kind, parts, depth)
            except Uninventable as error:
                reason = error
        raise reason

    def _kinds_in_order(self, kinds: list[str] | None, hinted: list[str], depth: int) -> list[str]:
        """What the schemas speak of comes first, and what says nothing last; deep inside it is the other way."""
        if kinds is None:
            return hinted or ["string"]
        mixed = self._random.sample(kinds, len(kinds))
        if depth > DEEP:
            return sorted(mixed, key=together.KINDS.index, reverse=True)
        return sorted(mixed, key=lambda kind: (kind == "null", kind not in hinted))

    def _of_kind(self, kind: str, parts: list[Part], depth: int) -> Any:
        rules = [part.schema for part in parts]
        if kind == "object":
            return self._object(parts, rules, depth)
        if kind == "array":
            return self._array(parts, rules, depth)
        if kind == "string":
            return text(rules, self._random)
        if kind in ("number", "integer"):
            return number(rules, self._random, integer=kind == "integer")
        return self._random.random() < 0.5 if kind == "boolean" else None

    def _object(self, parts: list[Part], rules: list[Any], depth: int) -> dict[str, Any]:
        required = list(dict.fromkeys(name for rule in rules for name in rule.get("required", ())))
        known = list(dict.fromkeys(name for rule in rules for name in rule.get("properties", {})))
        most = together.most(rules, "maxProperties", MOST_MEMBERS)
        least = together.least(rules, "minProperties")
        if max(least, len(required)) > most:
            raise Uninventable("an object must have more properties than it may have")
        value = {name: self._value(together.of_property(parts, name), depth + 1) for name in required}
        plenty = not self._sparse and depth <= DEEP
        for name in known:
            if plenty and name not in value and len(value) < most and self._random.random() < 0.7:
                self._add(value, name, parts, depth)
        described = any(isinstance(rule.get("additionalProperties"), dict) for rule in rules)
        # A table without names of its own would always be empty.
        goal = max(least, 2) if plenty and not known and described else least
        for name in [*known, *self._further_names(parts, goal, depth)]:
            if name not in value and len(value) < min(goal, most):
                self._add(value, name, parts, depth)
        if len(value) < least:
            raise Uninventable(f"an object must have {least} properties, and no more names were found")
        return value

    def _add(self, value: dict[str, Any], name: str, parts: list[Part], depth: int) -> None:
        """What may be left out is left out when nothing can be there."""
        try:
            value[name] = self._value(together.of_property(parts, name), depth + 1)
        except Uninventable:
            return

    def _further_names(self, parts: list[Part], goal: int, depth: int) -> Iterator[str]:
        naming = [
            Part(one.schema["propertyNames"], one.resolver) for one in parts if "propertyNames" in one.schema
        ]
        patterns = [pattern for one in parts for pattern in one.schema.get("patternProperties", {})]
        for count in range(1, goal and goal + TRIES):
            if naming:
                yield str(self._value([Part({"type": "string"}, naming[0].resolver), *naming], depth + 1))
                continue
            if patterns:
                yield by_pattern(self._random.choice(patterns), self._random)
            yield f"extra_{count}"

    def _array(self, parts: list[Part], rules: list[Any], depth: int) -> list[Any]:
        most = together.most(rules, "maxItems", MOST_MEMBERS)
        least = together.least(rules, "minItems")
        found = [
            Part(one.schema["contains"], one.resolver)
            for one in parts
            for _ in range(int(one.schema.get("minContains", 1)))
            if "contains" in one.schema
        ]
        least = max(least, len(found))
        if least > most:
            raise Uninventable("a list must have more items than it may have")
        prefix = max((len(rule.get("prefixItems", ())) for rule in rules), default=0)
        plenty = not self._sparse and depth <= DEEP
        length = (
            min(most, max(least, prefix, self._random.randint(1, 3 if depth < 3 else 1))) if plenty else least
        )
        unique = any(rule.get("uniqueItems") for rule in rules)
        value: list[Any] = []
        for place in range(length):
            # Those that must be contained come last, behind the places with rules of their own.
            sought = found[place - length + len(found) :][:1] if place >= length - len(found) else []
            try:
                value.append(
                    self._item([*together.of_item(parts, place), *sought], value if unique else [], depth)
                )
            except Uninventable:
                if place < least:
                    raise
                break
        return value

    def _item(self, parts: list[Part], other_than: list[Any], depth: int) -> Any:
        taken = {json.dumps(one, sort_keys=True) for one in other_than}
        for _ in range(TRIES):
            item = self._value(parts, depth + 1)
            if json.dumps(item, sort_keys=True) not in taken:
                return item
        raise Uninventable("no more items were found that differ from each other")


def _followed(reference: str, resolver: Any) -> Part:
    try:
        target = resolver.lookup(reference)
    except (Unresolvable, LookupError, ValueError) as error:
        raise Uninventable(f"{reference[:100]!r} leads nowhere ({type(error).__name__})") from None
    return Part(target.contents, target.resolver)
