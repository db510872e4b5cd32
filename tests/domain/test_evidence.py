"""A run is completed only by evidence: each piece taken away, failed or moved to another commit is missed."""

from __future__ import annotations

from typing import Any

import pytest

from domain.evidence import missing_evidence
from faber.contract.delivery import Evidence
from faber.contract.names import PHASES

HEAD = "c0ffee"
WHOLE = [
    Evidence(phase="frame", kind="worktree", ok=True, what="worktree", sha="ba5e"),
    Evidence(phase="architect", kind="specification", ok=True, what="spec", sha="5bec"),
    Evidence(phase="build", kind="commit", ok=True, what="2 changed files", sha=HEAD),
    Evidence(phase="evaluate", kind="check", ok=True, what="tests", sha=HEAD, exit_code=0),
    Evidence(phase="evaluate", kind="verdict", ok=True, what="GO", sha=HEAD),
    Evidence(phase="release", kind="merge_trial", ok=True, what="clean", sha="ba5e"),
    Evidence(phase="release", kind="push", ok=True, what="pushed", sha=HEAD),
    Evidence(phase="release", kind="pull_request", ok=True, what="7", sha=HEAD),
]
AT_HEAD = ["commit", "verdict", "push", "pull_request"]


def missing(evidence: list[Evidence], sha: str | None = HEAD) -> list[str]:
    return missing_evidence(PHASES, evidence, sha, ["tests"])


def changed(kind: str, **fields: Any) -> list[Evidence]:
    return [item.model_copy(update=fields) if item.kind == kind else item for item in WHOLE]


def test_nothing_is_missing_when_every_phase_has_its_evidence() -> None:
    assert missing(WHOLE) == []


@pytest.mark.parametrize("lost", WHOLE, ids=lambda item: item.kind)
def test_each_piece_is_missed_when_it_is_not_there_and_names_its_phase(lost: Evidence) -> None:
    (text,) = missing([item for item in WHOLE if item is not lost])
    assert text.startswith(f"{lost.phase}: ")


@pytest.mark.parametrize("failed", WHOLE, ids=lambda item: item.kind)
def test_each_piece_is_missed_when_its_probe_said_no(failed: Evidence) -> None:
    (text,) = missing(changed(failed.kind, ok=False))
    assert failed.what in text


@pytest.mark.parametrize("kind", [*AT_HEAD, "check"])
def test_evidence_about_another_commit_than_the_evaluated_one_proves_nothing(kind: str) -> None:
    (text,) = missing(changed(kind, sha="older"))
    assert HEAD in text or "evaluated commit" in text
    assert missing(changed(kind, sha=None))


def test_a_specification_needs_its_commit() -> None:
    assert missing(changed("specification", sha=None)) == [
        "architect: the evidence of a committed specification names no commit"
    ]


@pytest.mark.parametrize("phase", PHASES)
def test_a_phase_that_was_not_run_is_named_whatever_the_evidence_says(phase: str) -> None:
    rest = [done for done in PHASES if done != phase]
    assert missing_evidence(rest, WHOLE, HEAD) == [f"{phase}: the phase is not completed"]


@pytest.mark.parametrize("sha", [None, ""])
def test_without_an_evaluated_commit_nothing_is_proved(sha: str | None) -> None:
    assert "evaluate: no commit was evaluated" in missing(WHOLE, sha)


@pytest.mark.parametrize("exit_code", [1, -15, None])
def test_a_check_counts_by_its_exit_code_and_not_by_what_was_noted_beside_it(exit_code: int | None) -> None:
    (text,) = missing(changed("check", exit_code=exit_code))
    assert text == f"evaluate: required check tests ended with exit code {exit_code}"


def test_of_two_rounds_the_later_one_counts() -> None:
    failed = Evidence(phase="evaluate", kind="check", ok=False, what="tests", sha=HEAD, exit_code=1)
    refused = Evidence(phase="evaluate", kind="verdict", ok=False, what="RETRY", sha=HEAD)
    assert missing([failed, refused, *WHOLE]) == []
    assert len(missing([*WHOLE, failed, refused])) == 2


def test_a_failed_check_of_an_earlier_commit_is_over() -> None:
    failed = Evidence(phase="evaluate", kind="check", ok=False, what="lint", sha="older", exit_code=1)
    assert missing([*WHOLE, failed]) == []


def test_every_check_at_the_evaluated_commit_must_have_passed() -> None:
    failed = Evidence(phase="evaluate", kind="check", ok=False, what="lint", sha=HEAD, exit_code=1)
    assert missing([failed, *WHOLE]) == ["evaluate: required check lint ended with exit code 1"]


def test_a_check_that_is_not_required_proves_and_disproves_nothing() -> None:
    optional = Evidence(phase="evaluate", kind="optional_check", ok=False, what="slow", sha=HEAD, exit_code=1)
    assert missing([*WHOLE, optional]) == []


def test_a_required_check_that_never_ran_is_missed() -> None:
    assert missing_evidence(PHASES, WHOLE, HEAD, ["tests", "lint"]) == [
        "evaluate: required check lint never ran on the evaluated commit"
    ]


def test_evidence_counts_only_in_the_phase_that_owes_it() -> None:
    assert missing(changed("push", phase="build")) == ["release: no evidence of a pushed head"]


def test_a_run_that_did_nothing_misses_everything() -> None:
    assert len(missing_evidence([], [], None)) == 5 + 1 + 7
