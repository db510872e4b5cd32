"""Whatever the schema: when something fits it, something that fits is invented."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.models.invention import invent
from domain.schema import problems_with
from tests.adapters.models.tree import TREE


def bounded(low: int, more: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": low, "maximum": low + more}


LEAVES = st.one_of(
    st.builds(bounded, st.integers(-1000, 1000), st.integers(0, 50)),
    st.sampled_from([{"type": "boolean"}, {"type": "null"}, {"type": "number"}, {"type": "string"}, True]),
    st.builds(
        lambda low, more: {"type": "string", "minLength": low, "maxLength": low + more},
        *[st.integers(0, 30)] * 2,
    ),
    st.builds(lambda values: {"enum": values}, st.lists(st.none() | st.integers() | st.text(), min_size=1)),
    st.builds(lambda form: {"type": "string", "format": form}, st.sampled_from(["date", "email", "uuid"])),
    st.just({"$ref": "#/$defs/tree"}),
)
NAMES = st.text(min_size=1, max_size=8)


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(
        lambda properties, closed, few: {
            "type": "object",
            "properties": properties,
            "required": sorted(properties)[: len(properties) if few else 1],
            **({"additionalProperties": False} if closed else {}),
        },
        st.dictionaries(NAMES, inner, max_size=4),
        st.booleans(),
        st.booleans(),
    )


def larger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        objects(inner),
        st.builds(
            lambda items, least: {"type": "array", "items": items, "minItems": least},
            inner,
            st.integers(0, 3),
        ),
        st.builds(
            lambda items: {"type": "array", "prefixItems": items, "items": False},
            st.lists(inner, min_size=1, max_size=3),
        ),
        st.builds(lambda branches: {"anyOf": branches}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda one: {"allOf": [one, True]}, inner),
    )


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.recursive(LEAVES, larger, max_leaves=12))
def test_any_schema_that_something_fits_gets_a_value(schema: Any) -> None:
    whole = {"$defs": {"tree": TREE["$defs"]["node"] | {"properties": {}, "required": []}}, "allOf": [schema]}
    assert problems_with(invent(whole, "42"), whole) == []
