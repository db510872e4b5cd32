"""JSON Schema 2020-12 of other people: one that is right, stays inside itself, and cannot hang what checks by it."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from domain.patterns import PatternRefused, cost, occurs, problem_with, size
from faber.errors import FaberError

SIZE = 100_000
PATTERNS = 1_000_000
"""Instructions of all patterns together: half a second to read them."""
SHOWN = 200
CHARACTER = 15
WORK = 150_000
"""Keywords looked at for one value, about a second: references to references can mean billions."""

Errors = Iterable[ValidationError]

_left: ContextVar[int] = ContextVar("work left to check one value", default=WORK)
_KEYWORDS: dict[str, Any] = dict(Draft202012Validator.VALIDATORS)


class SchemaRefused(FaberError):
    """A schema that is wrong in itself, or a value that it would take too long to check."""

    code = "SCHEMA_REFUSED"


def schema_problems(schema: Any) -> list[str]:
    """All that is wrong with the schema itself, `path: what`, sorted; empty when values can be checked by it."""
    try:
        text = json.dumps(schema, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        return [f"$: it is not JSON: {error}"]
    if len(text) > SIZE:
        return [f"$: the schema has {len(text):,} characters, more than {SIZE:,}"]
    return list(_examined(text)[0])


def schema_work(schema: Any) -> int:
    """How long it takes to say so, in microseconds, estimated: the same on every host."""
    text = json.dumps(schema)
    return CHARACTER * len(text) + (_examined(text)[1] if len(text) <= SIZE else 0)


def errors_in(value: Any, schema: Any, work: int = WORK) -> list[ValidationError]:
    """Every way in which the value does not fit. Errors: SchemaRefused."""
    problems = schema_problems(schema)
    if problems:
        raise SchemaRefused(f"the schema itself is wrong: {'; '.join(problems)}")
    if isinstance(schema, dict):
        # With it the library would take its own keywords at every reference to the top.
        schema = {name: inner for name, inner in schema.items() if name != "$schema"}
    token = _left.set(work)
    try:
        return list(_validator()(schema, registry=Registry()).iter_errors(value))
    except PatternRefused as error:
        raise SchemaRefused(error.message) from None
    except RecursionError:
        raise SchemaRefused("the schema goes round in circles, or the value is nested too deeply") from None
    except ArithmeticError as error:
        raise SchemaRefused(f"a number of the value cannot be checked: {error}") from None
    finally:
        _left.reset(token)


@functools.lru_cache(maxsize=64)
def _examined(text: str) -> tuple[tuple[str, ...], int]:
    """What is wrong, and the size of all patterns."""
    schema = json.loads(text)
    try:
        found, total = _metaschema_problems(schema), 0
        if not found:
            total = _check_patterns(list(_schemas(schema, found)), found)
            found += _unsupported(schema)
    except RecursionError:
        found, total = ["$: the schema is nested too deeply"], 0
    return tuple(sorted(set(found))), total


def _metaschema_problems(schema: Any) -> list[str]:
    # The formats of the metaschema would have Python's `re` read the patterns.
    checked = Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(schema)
    return [f"{error.json_path}: {error.message[:SHOWN]}" for error in checked]


def _unsupported(schema: Any) -> Iterator[str]:
    """The library would leave our keywords for its own: for another dialect's, and for these two together."""
    maps = list(_maps(schema))
    if any("$schema" in inner for inner in maps if inner is not schema):
        yield "$: $schema belongs at the top, nowhere else"
    names = {name for inner in maps for name in inner}
    if "unevaluatedProperties" in names and "patternProperties" in names:
        yield "$: unevaluatedProperties is not supported together with patternProperties"


def _maps(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _maps(inner)


def _schemas(schema: Any, found: list[str]) -> Iterator[dict[str, Any]]:
    """Every schema in it, then all that they refer to, which must be schemas too."""
    root = DRAFT202012.create_resource(schema)
    registry: Registry[Any] = Registry().with_resource("", root).crawl()
    waiting = [(root, registry.resolver(""))]
    references: list[tuple[Any, str]] = []
    seen: set[int] = set()
    while waiting or references:
        if not waiting:
            resolver, reference = references.pop()
            try:
                target = resolver.lookup(reference)
            except (Unresolvable, ValueError, LookupError, TypeError):
                found.append(f"$: {reference[:SHOWN]!r} points outside of the schema, or to nothing in it")
                continue
            if id(target.contents) not in seen:
                found += _metaschema_problems(target.contents)
                waiting.append((DRAFT202012.create_resource(target.contents), target.resolver))
            continue
        resource, resolver = waiting.pop()
        contents = resource.contents
        if isinstance(contents, dict) and id(contents) not in seen:
            seen.add(id(contents))
            inner = resolver.in_subresource(resource)
            waiting += [(part, inner) for part in resource.subresources()]
            references += [(inner, contents[name]) for name in ("$ref", "$dynamicRef") if name in contents]
            yield contents


def _check_patterns(schemas: list[dict[str, Any]], found: list[str]) -> int:
    total = 0
    for contents in schemas:
        named = contents.get("patternProperties", {})
        for pattern in [contents.get("pattern"), *(named if isinstance(named, dict) else ())]:
            if not isinstance(pattern, str):
                continue
            total += size(pattern)
            if total > PATTERNS:
                found.append("$: its patterns are too large together: they take too long to be read")
                return total
            problem = problem_with(pattern)
            if problem:
                found.append(f"$: {problem}")
    return total


@functools.cache
def _validator() -> type[Validator]:
    own = {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "uniqueItems": _unique_items,
        "enum": _enum,
        "const": _const,
    }
    keywords = {name: _bounded(check) for name, check in {**_KEYWORDS, **own}.items()}
    made: type[Validator] = extend(Draft202012Validator, keywords)  # type: ignore[no-untyped-call]
    return made


def _bounded(check: Any) -> Any:
    def keyword(validator: Any, said: Any, instance: Any, schema: Any) -> Errors:
        _spend(1)
        return check(validator, said, instance, schema) or ()

    return keyword


def _spend(work: int) -> None:
    _left.set(_left.get() - work)
    if _left.get() < 0:
        raise SchemaRefused("it would take too long to check this value by this schema")


def _occurs(pattern: str, text: str) -> bool:
    _spend(cost(pattern, text) // 1_000)
    return occurs(pattern, text)


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, str) and not _occurs(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: dict[str, Any], instance: Any, schema: Any) -> Errors:
    if isinstance(instance, dict):
        for pattern, inner in patterns.items():
            for name in [name for name in instance if _occurs(pattern, name)]:
                yield from validator.descend(instance[name], inner, path=name, schema_path=pattern)


def _additional_properties(validator: Any, extra: Any, instance: Any, schema: Any) -> Errors:
    """The library's rule over the rest: what a pattern takes is not additional."""
    patterns = schema.get("patternProperties", {})
    if isinstance(instance, dict) and patterns:
        instance = {k: v for k, v in instance.items() if not any(_occurs(pattern, k) for pattern in patterns)}
        schema = {name: inner for name, inner in schema.items() if name != "patternProperties"}
    yield from _KEYWORDS["additionalProperties"](validator, extra, instance, schema) or ()


def _unique_items(validator: Any, unique: bool, instance: Any, schema: Any) -> Errors:
    """The library compares what cannot be sorted each with each."""
    if not unique or not isinstance(instance, list):
        return
    if len({json.dumps(_canonical(item), sort_keys=True) for item in instance}) < len(instance):
        yield ValidationError(f"{instance!r} has non-unique elements")


def _enum(validator: Validator, allowed: list[Any], instance: Any, schema: Any) -> Errors:
    _spend(_compared(allowed))
    for error in _KEYWORDS["enum"](validator, allowed, instance, schema) or ():
        yield ValidationError(error.message[:SHOWN])


def _const(validator: Validator, wanted: Any, instance: Any, schema: Any) -> Errors:
    _spend(_compared(wanted))
    yield from _KEYWORDS["const"](validator, wanted, instance, schema) or ()


def _compared(value: Any) -> int:
    """What it costs to compare another value with all of this one, and to say how they differ."""
    return len(json.dumps(value)) // 50


def _canonical(value: Any) -> Any:
    """1.0 is 1 to JSON Schema."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _canonical(inner) for name, inner in value.items()}
    return [_canonical(inner) for inner in value] if isinstance(value, list) else value
