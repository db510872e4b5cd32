"""Whatever is handed in as a definition: there is one, or there are problems, and never an exception."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.definitions.validation import validate
from tests.domain.definitions.definitions import ONBOARDING

WORDS = st.sampled_from(
    [
        "a",
        "b",
        "form",
        "parallel",
        "conditional",
        "{{ x",
        "{{ a_output }}",
        "(a+)+$",
        "x >",
        "1 > 0",
        "fail",
        "4h",
        "",
    ]
)
KEYS = st.sampled_from(
    [
        *(
            "workflow",
            "id",
            "version",
            "steps",
            "start_step",
            "type",
            "next",
            "else",
            "when",
            "config",
            "fields",
        ),
        *(
            "for_each",
            "items",
            "parallel",
            "json_schema",
            "$ref",
            "pattern",
            "static",
            "context",
            "approvers",
        ),
        *("key", "url", "body"),
    ]
)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2**70) | st.floats() | WORDS | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=3), inner, max_size=6)
    ),
    max_leaves=25,
)
STEPS = st.fixed_dictionaries(
    {
        "id": WORDS,
        "type": st.sampled_from(["form", "ai_generate", "conditional", "api_call", "approval", "parallel"]),
    },
    optional={
        "next": WORDS,
        "else": WORDS | JSON,
        "when": WORDS | JSON,
        "on_error": WORDS,
        "parallel": st.lists(WORDS, max_size=3) | JSON,
        "for_each": JSON,
        "config": JSON,
    },
)
DEFINITIONS = st.fixed_dictionaries({"id": WORDS, "start_step": WORDS, "steps": st.lists(STEPS, max_size=6)})


def either(source: Any) -> None:
    made, problems = validate(source)
    assert (made is None) == any(problem.severity == "error" for problem in problems)
    for problem in problems:
        problem.model_dump_json()
        assert len(problem.message) < 3_000
    if made is not None:
        assert validate(made.model_dump())[0] == made


@settings(max_examples=300, deadline=None)
@given(JSON | DEFINITIONS)
def test_any_json_is_a_definition_or_has_problems(source: Any) -> None:
    either(source)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_a_definition_or_has_problems(source: str) -> None:
    either(source)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(ONBOARDING)), st.integers(0, 30), st.text(max_size=5) | WORDS)
def test_a_definition_with_a_hole_in_it_is_one_or_has_problems(at: int, length: int, put: str) -> None:
    either(ONBOARDING[:at] + put + ONBOARDING[at + length :])


@settings(max_examples=300, deadline=None)
@given(st.data(), JSON)
def test_a_definition_with_one_value_changed_is_one_or_has_problems(data: st.DataObject, put: Any) -> None:
    document: Any = yaml.safe_load(ONBOARDING)
    at = document["workflow"]
    while True:
        key = data.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
        if not isinstance(at[key], dict | list) or not at[key] or data.draw(st.booleans()):
            break
        at = at[key]
    at[key] = put
    either(document)
