"""A form takes exactly what its fields ask for, and says by field what is wrong with anything else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.definitions.forms import check, is_address, problems_with
from faber.contract.definitions import FormConfig


def form(**field: Any) -> FormConfig:
    return FormConfig.model_validate({"fields": [{"key": "f", **field}]})


def told(config: FormConfig, value: Any) -> str | None:
    return check(config, {"f": value})[1].get("f")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ({"type": "string"}, "a\nb"),
        ({"type": "textarea"}, ""),
        ({"type": "email"}, "ann@example.org"),
        ({"type": "number"}, 1.5),
        ({"type": "number", "minimum": 1, "maximum": 2}, 2),
        ({"type": "integer"}, -3),
        ({"type": "boolean"}, False),
        ({"type": "select", "options": ["a", 1, True]}, 1),
        ({"type": "radio", "options": ["a", "b"]}, "b"),
        ({"type": "checkbox"}, False),
        ({"type": "checkbox", "required": True}, True),
        ({"type": "checkbox", "options": ["a", "b"]}, ["b", "a"]),
        ({"type": "date"}, "2024-02-29"),
        ({"pattern": "[A-Z]{2}[0-9]+"}, "AB12"),
        ({"min_length": 2, "max_length": 3}, "abc"),
    ],
)
def test_what_a_field_asks_for_is_taken_as_it_is(field: dict[str, Any], value: Any) -> None:
    clean, problems = check(form(**field), {"f": value})
    assert (clean, problems) == ({"f": value}, {})
    assert type(clean["f"]) is type(value)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ({}, 5, "a text is expected, this is a number"),
        ({}, ["a"], "a text is expected, this is a list"),
        ({}, "a\x00", "cannot be stored"),
        ({}, "\ud800", "cannot be stored"),
        ({}, "a" * 100_001, "at most 100,000 characters are taken, these are 100,001"),
        ({"max_length": 3}, "abcd", "at most 3 characters"),
        ({"min_length": 2}, "a", "at least 2 characters"),
        ({"pattern": "[A-Z]+"}, "ABc", r"does not fit the pattern [A-Z]+"),
        ({"pattern": "[A-Z]+"}, "AB\n", "does not fit the pattern"),
        ({"pattern": "a"}, "", "does not fit the pattern"),
        ({"type": "email"}, "ann@example", "an e-mail address is expected"),
        ({"type": "email"}, "ann@example.org, bo@example.org", "an e-mail address is expected"),
        ({"type": "number"}, "5", "a number is expected, this is a text; send it without quotes"),
        ({"type": "number"}, True, "a number is expected, this is a boolean"),
        ({"type": "number"}, float("nan"), "too large"),
        ({"type": "number"}, 10**400, "too large"),
        ({"type": "number", "minimum": 18}, 17.5, "18 or more is expected, this is 17.5"),
        ({"type": "number", "maximum": 1234567}, 1234568, "1234567 or less is expected, this is 1234568"),
        ({"type": "integer"}, 1.5, "a whole number is expected, this is 1.5"),
        ({"type": "boolean"}, "true", "true or false is expected, this is a text"),
        ({"type": "boolean"}, 1, "true or false is expected"),
        ({"type": "select", "options": ["a", "b"]}, "c", "one of these is expected: a, b"),
        ({"type": "select", "options": [1]}, True, "one of these"),
        ({"type": "select", "options": [1]}, "1", "one of these"),
        ({"type": "radio", "options": ["a"]}, ["a"], "one of these"),
        ({"type": "checkbox"}, "on", "true or false is expected"),
        ({"type": "checkbox", "required": True}, False, "it must be ticked"),
        ({"type": "checkbox", "options": ["a"]}, "a", "a list of options is expected"),
        ({"type": "checkbox", "options": ["a"]}, ["a", "a"], "twice"),
        ({"type": "checkbox", "options": ["a"], "required": True}, [], "at least one option"),
        ({"type": "date"}, "2023-02-29", "there is no day 2023-02-29"),
        ({"type": "date"}, "20230201", "a date is expected"),
        ({"type": "date"}, "2023-02-01T00:00", "a date is expected"),
        ({"required": True}, None, "an answer is needed"),
        ({"required": True}, "  ", "an answer is needed"),
    ],
)
def test_anything_else_is_refused_under_the_name_of_its_field(
    field: dict[str, Any], value: Any, said: str
) -> None:
    config = form(**field)
    assert said in (told(config, value) or "")


def test_a_whole_number_written_with_a_point_is_a_whole_number() -> None:
    clean, problems = check(form(type="integer"), {"f": 5.0})
    assert (clean, problems) == ({"f": 5}, {})
    assert type(clean["f"]) is int


def test_every_field_has_a_value_afterwards_its_default_or_null() -> None:
    config = FormConfig.model_validate(
        {
            "fields": [
                {"key": "a", "default": "x"},
                {"key": "b", "type": "integer"},
                {"key": "c", "required": True, "default": "y"},
            ]
        }
    )
    assert check(config, {}) == ({"a": "x", "b": None, "c": "y"}, {})
    assert check(config, {"a": "", "b": 2, "c": " "}) == ({"a": "", "b": 2, "c": "y"}, {})


def test_all_fields_are_looked_at_and_an_unknown_one_is_named_with_the_near_one() -> None:
    config = FormConfig.model_validate(
        {"fields": [{"key": "email", "type": "email", "required": True}, {"key": "age", "type": "integer"}]}
    )
    _, problems = check(config, {"emial": "a@example.org", "age": "x", "z" * 200: 1})
    assert list(problems) == ["email", "age", "emial", "z" * 100]
    assert problems["emial"] == "there is no field 'emial'; did you mean email?"
    assert len(check(config, {str(n): n for n in range(1_000)})[1]) == 21


def test_a_message_never_repeats_a_text_that_somebody_wrote() -> None:
    config = FormConfig.model_validate(
        {
            "fields": [
                {"key": "a", "type": "email"},
                {"key": "b", "pattern": "x"},
                {"key": "c", "type": "number"},
            ]
        }
    )
    _, problems = check(config, {"a": "secret-1", "b": "secret-1", "c": "secret-1"})
    assert len(problems) == 3
    assert "secret" not in str(problems)


@pytest.mark.parametrize("pattern", ["(a+)+", "(a|aa)+", "(a|a?)+b", "(.*a){25}", "([a-z]+)*[0-9]"])
def test_no_pattern_hangs_a_form(pattern: str) -> None:
    config = form(pattern=pattern)
    assert list(problems_with(config.fields[0])) == []
    assert "does not fit the pattern" in (told(config, "a" * 50_000 + "!") or "")


def test_the_texts_of_a_form_have_one_budget_for_all_their_patterns() -> None:
    pattern = "[ab]*a" + "[ab]{1000}" * 3
    config = FormConfig.model_validate({"fields": [{"key": str(n), "pattern": pattern} for n in range(200)]})
    _, problems = check(config, {str(n): "b" * 5_000 for n in range(200)})
    over = [message for message in problems.values() if "too long for their patterns" in message]
    assert len(problems) == 200
    assert len(over) >= 195


@pytest.mark.parametrize(
    ("field", "name", "said"),
    [
        ({"pattern": "(?=a)"}, "pattern", "looks ahead"),
        ({"type": "select"}, "options", "needs options"),
        ({"options": ["a"]}, "options", "has no options"),
        ({"type": "number", "minimum": 2, "maximum": 1}, "minimum", "more than the maximum"),
        ({"min_length": 2, "max_length": 1}, "min_length", "more than max_length"),
        ({"type": "number", "default": "1"}, "default", "no answer to its own field: a number is expected"),
        ({"pattern": "a", "default": "b"}, "default", "does not fit the pattern"),
    ],
)
def test_what_is_wrong_with_a_form_is_found_before_a_run(field: dict[str, Any], name: str, said: str) -> None:
    ((place, message),) = problems_with(form(**field).fields[0])
    assert place == name
    assert said in message


def test_an_address_has_a_name_and_a_domain_and_nothing_else() -> None:
    assert is_address("first.last+tag@mail.example.org")
    for text in (
        "",
        "a",
        "a@b",
        "a@b.c\n",
        "a b@c.de",
        "a@b..c",
        "<a@b.cd>",
        "a@b@c.de",
        "a" * 250 + "@b.cd",
    ):
        assert not is_address(text), text


@settings(deadline=None)
@given(
    st.sampled_from(["text", "email", "number", "integer", "boolean", "select", "checkbox", "date"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=5,
    ),
    st.booleans(),
)
def test_any_json_is_an_answer_or_has_a_problem_never_both(kind: str, value: Any, required: bool) -> None:
    options = ["a", 1] if kind in ("select", "checkbox") else []
    clean, problems = check(form(type=kind, required=required, options=options), {"f": value})
    assert set(clean) ^ set(problems) == {"f"}
