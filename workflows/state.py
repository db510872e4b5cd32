"""Everything that a delivery run knows, in one object that travels through continue-as-new and retry."""

from __future__ import annotations

from typing import Any

from pydantic import Field, ValidationError
from temporalio.exceptions import ApplicationError

from faber.contract.activities import CheckResult, PullRequestOpened, Setup
from faber.contract.delivery import Evidence, Issue, PhaseResult, Specification, Verdict
from faber.contract.names import PHASES, Phase, left_out
from faber.contract.wire import FromWorker
from faber.converter import PAYLOAD_ERROR, describe
from workflows.desk import Carried


class Conversation(FromWorker):
    """A phase's round under way. `bound` is the most input tokens that its next call can have; `began` (ISO 8601)
    and `cost_before` (the ledger's micro-dollars) are from its beginning, which may be an earlier execution's."""

    phase: Phase
    round: int
    turn: int = 0
    cap: int
    transcript: str | None = None
    feedback: str | None = None
    bound: int = 12_000
    repairs: int = 0
    began: str = ""
    cost_before: int = 0


class RunState(Carried):
    """`phase` is the one to do next or under way; `reasons` is what a repeated phase is told. `before` is what a run
    that is tried again went by: the host that has its files is in it."""

    setup: Setup | None = None
    before: Setup | None = None
    claimed: bool = False
    phase: Phase = "frame"
    rounds: dict[Phase, int] = Field(default_factory=dict)
    completed: list[Phase] = Field(default_factory=list)
    conversation: Conversation | None = None
    issue: Issue | None = None
    issue_artifact: str = ""
    work_type: str | None = None
    confidence: float | None = None
    summary: str = ""
    branch: str = ""
    base_sha: str = ""
    head_sha: str = ""
    tree_sha: str = ""
    specification: Specification | None = None
    spec_artifact: str = ""
    reasons: str = ""
    retry_count: int = 0
    changed: bool = False
    diff: str = ""
    files: list[str] = Field(default_factory=list)
    tests_added: list[str] = Field(default_factory=list)
    tests_changed: list[str] = Field(default_factory=list)
    commits: list[str] = Field(default_factory=list)
    checks: list[CheckResult] = Field(default_factory=list)
    checks_report: str = ""
    verdict: Verdict | None = None
    criteria_met: list[str] = Field(default_factory=list)
    criteria_unmet: list[str] = Field(default_factory=list)
    issues_found: list[str] = Field(default_factory=list)
    evaluated_sha: str | None = None
    release_answer: str | None = None
    pushed_sha: str | None = None
    pull_request: PullRequestOpened | None = None
    evidence: list[Evidence] = Field(default_factory=list)
    phase_results: list[PhaseResult] = Field(default_factory=list)
    transcripts: dict[Phase, str] = Field(default_factory=dict)
    sessions: dict[str, str] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)

    def round(self, phase: Phase) -> int:
        return self.rounds.get(phase, 1)

    def again(self, phase: Phase) -> None:
        """Do a phase once more: its next round, without what later phases had made of the last one."""
        for repeated in ("build", "evaluate") if phase == "build" else (phase,):
            self.rounds[repeated] = self.round(repeated) + 1
        self.restart(phase)

    def restart(self, phase: Phase) -> None:
        self.phase = phase
        self.conversation = None
        self.release_answer = None
        self.completed = [done for done in self.completed if PHASES.index(done) < PHASES.index(phase)]

    def begun_again(self, setup: Setup, gone: str) -> RunState:
        """The state of a run whose host is gone, for another one: what people decided and what was spent stays, and
        each phase's next round begins at the base. A call that was under way may have been made, so it is booked."""
        self.ledger.write_off()
        return RunState(
            gates=self.gates,
            ledger=self.ledger,
            notes=[*self.notes, f"begun again on {setup.host_queue}: nobody served {gone}"],
            raised_limit=self.raised_limit,
            given_limit=self.given_limit,
            repairs=self.repairs + 1,
            started_at=self.started_at,
            setup=setup,
            rounds={phase: self.round(phase) + 1 for phase in PHASES},
            branch=self.branch,
            base_sha=setup.base_sha,
            head_sha=setup.base_sha,
            tree_sha=setup.base_sha,
            pushed_sha=self.pushed_sha,
            pull_request=self.pull_request,
            phase_results=self.phase_results,
        )

    def issue_title(self) -> str:
        return self.issue.title if self.issue else ""

    def prove(self, *evidence: Evidence) -> None:
        self.evidence.extend(evidence)

    def shows(self) -> dict[str, str]:
        """What there is to look at, by the names that `show` knows."""
        last = next((self.transcripts[phase] for phase in reversed(PHASES) if phase in self.transcripts), "")
        named = {
            "spec": self.spec_artifact,
            "diff": self.diff,
            "checks": self.checks_report,
            "transcript": last,
        }
        return {name: sha for name, sha in named.items() if sha}


def resumed(carried: dict[str, Any]) -> RunState:
    """The state that an earlier execution carried over, or the failed one that is tried again.

    A retry goes on at `from_phase` (the failed one when absent) with the same ledger: what is done is not paid
    for again, and what was spent stays spent."""
    try:
        # Taken out: the input lives as long as its run, and would keep all of it a second time.
        state = RunState.model_validate(carried.pop("state", None))
    except ValidationError as error:
        raise ApplicationError(f"resume: {describe(error)}", type=PAYLOAD_ERROR, non_retryable=True) from None
    if carried.get("why") == "retry":
        tried_again(state, carried.get("from_phase"))
    return state


def tried_again(state: RunState, from_phase: Any) -> None:
    if from_phase is not None and from_phase not in PHASES:
        known = ", ".join(PHASES)
        raise ApplicationError(
            f"resume.from_phase: {from_phase!r} is none of {known}", type=PAYLOAD_ERROR, non_retryable=True
        )
    if from_phase is not None and (undone := left_out(from_phase, state.completed)):
        state.notes.append(f"tried again from {undone}, not from {from_phase}: {undone} is not done yet")
        from_phase = undone
    state.before, state.setup, state.claimed = state.setup, None, False
    state.retry_count = 0
    # A turn that is tried again is another booking than the one that failed.
    state.repairs += 1
    state.gates.open = []
    # What was approved stays approved for exactly that; what was rejected is asked about again.
    for view in state.gates.decided:
        if view.decision == "reject":
            state.gates.stale[view.request_id] = "stale: the run was tried again since"
    talk = state.conversation
    if from_phase is None and talk is not None and talk.phase == state.phase:
        # It failed between two turns: the conversation goes on, so that no turn is paid for twice. How long it
        # lay there is no part of its time.
        talk.began = ""
        return
    state.again(from_phase or state.phase)
