"""Verdicts: strict to read, never better than what the engine measured, never released after the last retry."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.verdict import CheckOutcome, VerdictView, next_step, read_verdict
from faber.contract.activities import CheckResult

PASSED = CheckOutcome(name="tests", exit_code=0)
FAILED = CheckOutcome(name="lint", exit_code=2)


def form(verdict: str = "GO", **given: list[str]) -> dict[str, Any]:
    empty: list[str] = []
    return {
        "verdict": verdict,
        "reasons": empty,
        "criteria_met": empty,
        "criteria_unmet": empty,
        "issues_found": empty,
        **given,
    }


def test_a_go_with_passed_checks_and_met_criteria_counts() -> None:
    answer = form(reasons=["fine"], criteria_met=["one"], issues_found=["a nit"])
    view = read_verdict(answer, "", [PASSED])
    assert view == VerdictView(
        verdict="GO", reasons=["fine"], met=["one"], unmet=[], issues=["a nit"], parsed=True
    )


def test_an_answer_without_structure_is_read_when_its_whole_text_is_the_form() -> None:
    assert read_verdict(None, f" {json.dumps(form())}\n", [PASSED]).verdict == "GO"


@pytest.mark.parametrize(
    "word", ["NO GO", "GOOD", "ONGOING", "go", "Go", " GO", "GO ", "GO.", "", "YES", "NO-GO"]
)
def test_only_exactly_the_enum_is_a_verdict(word: str) -> None:
    for view in (read_verdict(form(word), "", []), read_verdict(None, json.dumps(form(word)), [])):
        assert (view.verdict, view.parsed) == ("NO_GO", False)
        assert "no readable verdict" in view.reasons[0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "GO",
        "NO GO",
        "The change is GOOD",
        '"GO"',
        "null",
        "[]",
        "{}",
        '{"verdict": "GO"}',
        f"Here it is: {json.dumps(form())}",
        f"{json.dumps(form())} Ship it!",
        f"```json\n{json.dumps(form())}\n```",
        json.dumps({**form(), "note": "x"}),
        json.dumps(form("NO_GO"))[:-1] + ', "verdict": "GO"}',
        "[" * 100_000,
    ],
)
def test_prose_and_anything_else_unparsable_is_no_go(text: str) -> None:
    view = read_verdict(None, text, [PASSED])
    assert (view.verdict, view.parsed) == ("NO_GO", False)


def test_text_never_overrules_the_structured_answer() -> None:
    assert read_verdict(form("NO_GO", reasons=["x"]), json.dumps(form()), []).verdict == "NO_GO"
    assert read_verdict({}, json.dumps(form()), []).verdict == "NO_GO"


@pytest.mark.parametrize(
    ("exit_code", "how"), [(1, "exit code 1"), (-9, "exit code -9"), (None, "stopped by the engine")]
)
def test_a_go_is_refused_when_a_required_check_failed_and_names_it(exit_code: int | None, how: str) -> None:
    failed = CheckOutcome(name="pytest -q", exit_code=exit_code)
    view = read_verdict(form(reasons=["fine"]), "", [PASSED, failed])
    assert view.verdict == "RETRY"
    assert view.reasons == ["fine", f"required check failed: pytest -q ({how})"]


def test_a_check_that_is_not_required_may_fail() -> None:
    optional = CheckOutcome(name="lint", required=False, exit_code=1)
    assert read_verdict(form(), "", [optional]).verdict == "GO"


def test_the_results_of_the_checking_activity_are_read_as_they_are() -> None:
    result = CheckResult(name="tests", required=True, exit_code=1, output="sha")
    assert read_verdict(form(), "", [result]).verdict == "RETRY"


def test_a_go_with_unmet_criteria_is_refused_and_names_them() -> None:
    view = read_verdict(form(criteria_unmet=["it is fast"]), "", [PASSED])
    assert (view.verdict, view.reasons) == ("RETRY", ["criterion not met: it is fast"])
    assert view.unmet == ["it is fast"]


def test_a_retry_tells_the_builder_also_what_the_engine_found() -> None:
    view = read_verdict(form("RETRY", reasons=["rename it"]), "", [FAILED])
    assert view.reasons == ["rename it", "required check failed: lint (exit code 2)"]


def test_a_no_go_stays_what_the_reviewer_said() -> None:
    view = read_verdict(form("NO_GO", reasons=["wrong idea"], criteria_unmet=["c"]), "", [FAILED])
    assert (view.verdict, view.reasons) == ("NO_GO", ["wrong idea"])


@pytest.mark.parametrize("word", ["RETRY", "NO_GO"])
def test_a_refusal_without_a_reason_says_so(word: str) -> None:
    assert read_verdict(form(word), "", []).reasons == [f"the reviewer answered {word} without a reason"]
    assert read_verdict(form(), "", []).reasons == []


@given(
    structured=st.none()
    | st.dictionaries(st.sampled_from([*form()]) | st.text(), st.text() | st.lists(st.text())),
    text=st.text(),
)
def test_whatever_a_model_says_it_is_go_only_in_the_form(
    structured: dict[str, Any] | None, text: str
) -> None:
    view = read_verdict(structured, text, [PASSED])
    if view.verdict == "GO":
        assert (structured or {}).get("verdict") == "GO"
        assert set(structured or {}) == set(form())


@pytest.mark.parametrize(
    ("verdict", "retries", "most", "step"),
    [
        ("GO", 0, 0, "release"),
        ("GO", 3, 3, "release"),
        ("RETRY", 0, 3, "build"),
        ("RETRY", 2, 3, "build"),
        ("RETRY", 3, 3, "max retries exceeded (3): a; b"),
        ("RETRY", 4, 3, "max retries exceeded (3): a; b"),
        ("RETRY", 0, 0, "max retries exceeded (0): a; b"),
        ("NO_GO", 0, 3, "evaluation answered NO_GO: a; b"),
        ("NO_GO", 3, 3, "evaluation answered NO_GO: a; b"),
    ],
)
def test_a_retry_goes_back_to_build_until_the_last_one_and_nothing_but_a_go_is_released(
    verdict: Any, retries: int, most: int, step: str
) -> None:
    assert next_step(VerdictView(verdict=verdict, reasons=["a", "b"]), retries, most) == step
