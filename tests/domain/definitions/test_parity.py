"""Two results are the same when they mean the same; every difference that means something is named by its place."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.definitions.parity import compare

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=15,
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"a": " one\n two "}, {"a": "one two"}),
        ({"a": 1.0}, {"a": 1}),
        ({"a": 0.1 + 0.2}, {"a": 0.3}),
        ({"a": 1_000.0000001}, {"a": 1_000}),
        ({"a": 0.0}, {"a": 9e-7}),
        ({"a": float("nan")}, {"a": float("nan")}),
        ({"a": [{"b": None}]}, {"a": [{"b": None}]}),
    ],
)
def test_what_means_the_same_is_no_difference(old: Any, new: Any) -> None:
    assert compare(old, new) == []
    assert compare(new, old) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({"a": 1}, {"a": 2}, ["a: 1 -> 2"]),
        ({"a": 1}, {"a": 1.00001}, ["a: 1 -> 1.00001"]),
        ({"a": 1_000_000}, {"a": 1_000_000.5}, ["a: 1000000 -> 1000000.5"]),
        ({"a": 0}, {"a": 1.1e-6}, ["a: 0 -> 1.1e-06"]),
        ({"a": 1}, {"a": True}, ["a: 1 -> true"]),
        ({"a": 1}, {"a": "1"}, ['a: 1 -> "1"']),
        ({"a": None}, {"a": 0}, ["a: null -> 0"]),
        ({"a": None}, {}, ["a: null -> absent"]),
        ({}, {"b": {"c": 1}}, ['b: absent -> {"c": 1}']),
        ({"a": [1, 2]}, {"a": [2, 1]}, ["a[0]: 1 -> 2", "a[1]: 2 -> 1"]),
        ({"a": [1, 2, 3]}, {"a": [1, 4]}, ["a: 3 items -> 2 items", "a[1]: 2 -> 4"]),
        ({"a": "onetwo"}, {"a": "one two"}, ['a: "onetwo" -> "one two"']),
        ({"a": "One"}, {"a": "one"}, ['a: "One" -> "one"']),
        ({"a": {}}, {"a": []}, ["a: {} -> []"]),
        ({"a": float("inf")}, {"a": 10**400}, [f"a: Infinity -> 1{'0' * 79}..."]),
        ([1], {"a": 1}, ['$: [1] -> {"a": 1}']),
        (
            {"z": 1, "a": {"y": 1, "b": [0, {"c": 1}]}},
            {"z": 2, "a": {"y": 2, "b": [0, {"c": 2}]}},
            ["z: 1 -> 2", "a.y: 1 -> 2", "a.b[1].c: 1 -> 2"],
        ),
    ],
)
def test_what_means_something_else_is_named_by_its_place(old: Any, new: Any, said: list[str]) -> None:
    assert compare(old, new) == said


def test_differences_are_not_said_endlessly() -> None:
    said = compare({str(n): 0 for n in range(1_000)}, {str(n): 1 for n in range(1_000)})
    assert len(said) == 101
    assert said[-1] == "and more"
    (long,) = compare({"a": "x" * 10_000}, {"a": "y"})
    assert len(long) < 200


def _shuffled(value: Any, order: random.Random) -> Any:
    if isinstance(value, dict):
        names = order.sample(sorted(value), len(value))
        return {name: _shuffled(value[name], order) for name in names}
    return [_shuffled(inner, order) for inner in value] if isinstance(value, list) else value


@settings(deadline=None)
@given(JSON, st.randoms())
def test_the_order_of_maps_never_means_anything(value: Any, order: random.Random) -> None:
    assert compare(value, _shuffled(value, order)) == []


@settings(deadline=None)
@given(JSON, JSON)
def test_any_two_values_are_compared_alike_from_both_sides(old: Any, new: Any) -> None:
    assert bool(compare(old, new)) == bool(compare(new, old))
    json.dumps(compare(old, new))
