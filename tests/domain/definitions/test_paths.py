"""A context path finds its value, or says where it ends."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.definitions.paths import PathMissing, look_up, merged
from faber.contract.definition_runs import Context

CONTEXT = Context(
    static={"limit": 100, "customer": {"name": "static"}},
    profile={"email": "a@example.org"},
    runtime={
        "customer": {"name": "Bo", "first.name": "B", "orders": [{"sum": 1}, {"sum": 2}]},
        "collect.info_output": {"ok": True},
        "grid": [[1, 2], [3, 4]],
        "empty": None,
    },
)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("limit", 100),
        ("customer.name", "Bo"),
        ("static.customer.name", "static"),
        ("profile.email", "a@example.org"),
        ("runtime.customer.orders[1].sum", 2),
        ("customer.orders.0.sum", 1),
        ("customer.orders[-1].sum", 2),
        ("grid[1][0]", 3),
        ("customer.first.name", "B"),
        ("collect.info_output.ok", True),
        ("empty", None),
    ],
)
def test_a_path_leads_to_its_value(path: str, value: Any) -> None:
    assert look_up(CONTEXT, path) == value


def test_what_is_given_besides_hides_the_context() -> None:
    assert look_up(CONTEXT, "customer", {"customer": 1}) == 1


def test_the_scopes_are_names_too_unless_the_context_has_such_a_name_itself() -> None:
    assert merged(CONTEXT)["static"] == CONTEXT.static
    assert merged(Context(static={"profile": 1}))["profile"] == 1


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("custmer.name", r"custmer.name: the context has no 'custmer'; did you mean customer\?"),
        ("customer.nam", r"customer.nam: customer has no 'nam'; did you mean name\?"),
        ("customer.orders[2]", "customer.orders has 2 items, none at 2"),
        ("customer.orders.sum", "customer.orders is a list: give the place of an item"),
        ("customer.name.first", "customer.name is neither map nor list"),
        ("empty.x", "empty is neither map nor list"),
        ("limit.real", "limit is neither map nor list"),
        ("", "is no context path"),
        ("a..b", "is no context path"),
        ("[0]", "is no context path"),
        ("a[b]", "is no context path"),
        ("a" * 501, "is no context path"),
    ],
)
def test_a_path_that_leads_nowhere_is_named_with_the_place_where_it_ends(path: str, said: str) -> None:
    with pytest.raises(PathMissing, match=said) as missing:
        look_up(CONTEXT, path)
    assert missing.value.details["path"] == path


@settings(deadline=None)
@given(st.text(max_size=520) | st.from_regex(r"\A[a-z.\[\]0-9-]{1,60}\Z"))
def test_any_text_leads_to_a_value_or_is_missing(path: str) -> None:
    try:
        look_up(CONTEXT, path)
    except PathMissing as error:
        assert error.details["path"] == path
