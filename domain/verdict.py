"""What a review decides: the reviewer's structured verdict, held against what the engine itself measured."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pydantic import Field

from domain.schema import VERDICT_SCHEMA, problems_with
from faber.contract.activities import CheckResult
from faber.contract.delivery import Verdict
from faber.contract.wire import FromWorker

__all__ = ["VERDICT_SCHEMA", "CheckOutcome", "VerdictView", "next_step", "read_verdict"]


class CheckOutcome(FromWorker):
    """A check that the engine ran; `exit_code` is None when it did not end by itself."""

    name: str
    required: bool = True
    exit_code: int | None = None


class VerdictView(FromWorker):
    """The verdict that counts. `parsed` is false when the reviewer's answer did not fit its form."""

    verdict: Verdict
    reasons: list[str] = Field(default_factory=list)
    met: list[str] = Field(default_factory=list)
    unmet: list[str] = Field(default_factory=list)
    issues: list[str] = Field(default_factory=list)
    parsed: bool = True


def read_verdict(
    structured: dict[str, Any] | None, text: str, checks: Sequence[CheckOutcome | CheckResult]
) -> VerdictView:
    """The verdict in an answer. Whatever does not fit the form is NO_GO; a GO that a failed required check
    or an unmet criterion contradicts is RETRY, with that as its reason."""
    answer = _one_object(text) if structured is None else structured
    problems = problems_with(answer, VERDICT_SCHEMA) if answer is not None else ["it is not one JSON object"]
    if answer is None or problems:
        return VerdictView(
            verdict="NO_GO",
            reasons=[f"the review gave no readable verdict: {'; '.join(problems)}"],
            parsed=False,
        )
    view = VerdictView(
        verdict=answer["verdict"],
        reasons=answer["reasons"],
        met=answer["criteria_met"],
        unmet=answer["criteria_unmet"],
        issues=answer["issues_found"],
    )
    against = _contradictions(view, checks)
    if view.verdict != "NO_GO" and against:
        view.verdict = "RETRY"
        view.reasons = [*view.reasons, *against]
    elif not view.reasons and view.verdict != "GO":
        view.reasons = [f"the reviewer answered {view.verdict} without a reason"]
    return view


def next_step(view: VerdictView, retry_count: int, max_retries: int) -> str:
    """`release`, `build`, or else the text that the run fails with."""
    if view.verdict == "GO":
        return "release"
    reasons = "; ".join(view.reasons)
    if view.verdict == "NO_GO":
        return f"evaluation answered NO_GO: {reasons}"
    if retry_count < max_retries:
        return "build"
    return f"max retries exceeded ({max_retries}): {reasons}"


def how_ended(exit_code: int | None) -> str:
    """Of a check, in words."""
    return "stopped by the engine" if exit_code is None else f"exit code {exit_code}"


def _contradictions(view: VerdictView, checks: Sequence[CheckOutcome | CheckResult]) -> list[str]:
    failed = [
        f"required check failed: {check.name} ({how_ended(check.exit_code)})"
        for check in checks
        if check.required and check.exit_code != 0
    ]
    return failed + [f"criterion not met: {criterion}" for criterion in view.unmet]


def _one_object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text, object_pairs_hook=_no_name_twice)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # A second `verdict` would silently win over the first.
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name stands twice in the object")
    return names
