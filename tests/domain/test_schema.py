"""The forms of the structured answers, strict enough for a provider, and what is said about a misfit."""

from __future__ import annotations

from typing import Any

import pytest

from domain.schema import (
    FRAME_SCHEMA,
    RELEASE_SCHEMA,
    SCHEMAS,
    SPECIFICATION_SCHEMA,
    VERDICT_SCHEMA,
    problems_with,
)

FRAME: dict[str, Any] = {"work_type": "bug", "confidence": 0.5, "summary": "s"}
SPECIFICATION: dict[str, Any] = {
    "title": "t",
    "summary": "s",
    "approach": "a",
    "criteria": ["c"],
    "files": [],
    "risks": [],
}
VERDICT: dict[str, Any] = {
    "verdict": "GO",
    "reasons": [],
    "criteria_met": [],
    "criteria_unmet": [],
    "issues_found": [],
}
RELEASE: dict[str, Any] = {"title": "t", "summary": "s", "changes": [], "test_plan": []}
FORMS = [
    (FRAME_SCHEMA, FRAME),
    (SPECIFICATION_SCHEMA, SPECIFICATION),
    (VERDICT_SCHEMA, VERDICT),
    (RELEASE_SCHEMA, RELEASE),
]


@pytest.mark.parametrize(("schema", "value"), FORMS)
def test_every_form_needs_each_of_its_fields_and_takes_no_other(
    schema: dict[str, Any], value: dict[str, Any]
) -> None:
    assert problems_with(value, schema) == []
    for field in value:
        rest = {name: given for name, given in value.items() if name != field}
        assert problems_with(rest, schema) == [f"$: {field!r} is a required property"]
        assert problems_with({**value, field: None}, schema), "null is no answer"
    assert "extra" in problems_with({**value, "extra": 1}, schema)[0]


def test_every_phase_that_answers_in_a_form_has_one() -> None:
    assert SCHEMAS == {
        "frame": FRAME_SCHEMA,
        "architect": SPECIFICATION_SCHEMA,
        "evaluate": VERDICT_SCHEMA,
        "release": RELEASE_SCHEMA,
    }


@pytest.mark.parametrize(
    ("schema", "value", "path"),
    [
        (FRAME_SCHEMA, {**FRAME, "work_type": "task"}, "$.work_type: 'task'"),
        (FRAME_SCHEMA, {**FRAME, "confidence": 1.01}, "$.confidence: 1.01"),
        (FRAME_SCHEMA, {**FRAME, "confidence": -0.01}, "$.confidence: -0.01"),
        (FRAME_SCHEMA, {**FRAME, "confidence": True}, "$.confidence: True"),
        (SPECIFICATION_SCHEMA, {**SPECIFICATION, "criteria": []}, "$.criteria: []"),
        (SPECIFICATION_SCHEMA, {**SPECIFICATION, "files": [1]}, "$.files[0]: 1"),
        (VERDICT_SCHEMA, {**VERDICT, "verdict": "go"}, "$.verdict: 'go'"),
        (RELEASE_SCHEMA, {**RELEASE, "changes": "one"}, "$.changes: 'one'"),
    ],
)
def test_a_problem_starts_with_the_path_of_what_is_wrong(
    schema: dict[str, Any], value: Any, path: str
) -> None:
    (problem,) = problems_with(value, schema)
    assert problem.startswith(path)


@pytest.mark.parametrize("value", [None, [], "GO", 1])
def test_only_an_object_fits_a_form(value: Any) -> None:
    assert problems_with(value, VERDICT_SCHEMA)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}])
def test_what_json_cannot_say_does_not_fit(value: Any) -> None:
    (problem,) = problems_with({**FRAME, "confidence": value}, FRAME_SCHEMA)
    assert "not JSON" in problem


def test_all_problems_are_said_but_not_endlessly() -> None:
    assert len(problems_with({**FRAME, "confidence": 2, "summary": 1, "work_type": "x"}, FRAME_SCHEMA)) == 3
    many = problems_with({**RELEASE, "changes": list(range(100))}, RELEASE_SCHEMA)
    assert len(many) == 20
    (long,) = problems_with({**FRAME, "work_type": "x" * 10_000}, FRAME_SCHEMA)
    assert len(long) < 300


@pytest.mark.parametrize("reference", ["https://example.org/a.json", "other.json", "#/nowhere"])
def test_a_schema_is_never_followed_out_of_itself(reference: str) -> None:
    (problem,) = problems_with({}, {"$ref": reference})
    assert (
        problem
        == f"the schema itself is wrong: $: {reference!r} points outside of the schema, or to nothing in it"
    )


def test_a_schema_is_never_followed_round_in_circles() -> None:
    (problem,) = problems_with({}, {"$ref": "#"})
    assert problem.startswith("the schema goes round in circles")


def test_a_wrong_schema_is_said_to_be_wrong() -> None:
    (problem,) = problems_with({}, {"type": "strnig"})
    assert problem.startswith("the schema itself is wrong")
