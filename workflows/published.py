"""What a run shows of itself: the status snapshot, Temporal's details and search attributes, the state document."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

from domain.gates import Gate
from faber.contract.delivery import RunStatus, Status, WaitingOn
from faber.contract.money import usd
from faber.contract.names import PHASES, SEARCH_ATTRIBUTES, Phase

if TYPE_CHECKING:
    from workflows.run import Run

PHASE = SearchAttributeKey.for_keyword("FaberPhase")
PROJECT = SearchAttributeKey.for_keyword("FaberProject")
WORK_ID = SearchAttributeKey.for_keyword("FaberWorkId")
OUTCOME = SearchAttributeKey.for_keyword("FaberOutcome")
WAITING = SearchAttributeKey.for_keyword_list("FaberWaitingOn")
COST = SearchAttributeKey.for_float("FaberCostUsd")
KEYS = (PHASE, PROJECT, WORK_ID, OUTCOME, WAITING, COST)
assert {key.name for key in KEYS} == set(SEARCH_ATTRIBUTES)


def status(run: Run) -> Status:
    state = run.state
    return Status(
        run_id=run.key.run_id,
        work_id=run.input.work_id,
        project=state.setup.project if state.setup else (run.input.project or ""),
        status=status_word(run),
        current_phase=(shown := phase_shown(run)),
        round=state.round(shown),
        completed_phases=state.completed,
        waiting_on=[waiting_on(run.key.run_id, gate) for gate in state.gates.open],
        decided=state.gates.decided,
        cost=state.ledger.summary(),
        cost_usd=usd(state.ledger.settled),
        retry_count=state.retry_count,
        started_at=state.started_at,
        branch_name=state.branch or None,
        head_sha=state.head_sha or None,
        pr_url=state.pull_request.url if state.pull_request else None,
        evaluation_result=state.verdict,
        error=run.error,
        error_phase=run.error_phase,
        options=options_of(run),
        notes=state.notes,
        ignored=state.gates.ignored,
        shows=state.shows(),
        receipt=run.receipt,
    )


def phase_shown(run: Run) -> Phase:
    """The phase under way; while a person is asked about one, that one."""
    asked = {gate.name for gate in run.state.gates.open if gate.kind == "approval"}
    return next((phase for phase in PHASES if phase in asked), run.state.phase)


def status_word(run: Run) -> RunStatus:
    if run.outcome:
        return run.outcome
    return "waiting" if run.state.gates.open else "running"


def options_of(run: Run) -> dict[str, Any]:
    """The options in force; another start of the open run with different ones is refused."""
    given = run.input.model_dump(mode="json", exclude={"resume", "started_by", "work_id", "again", "project"})
    if run.state.setup is None:
        return given
    limit = run.state.ledger.limit_microusd
    in_force = {
        "autonomy": run.input.autonomy or run.configuration.workflow.autonomy,
        "budget_usd": None if limit is None else usd(limit),
        "max_retries": run.max_retries,
        "on_budget": run.budget_mode,
        "repo": run.state.setup.repository.checkout or run.state.setup.repository.url,
    }
    return given | in_force


def waiting_on(run_id: str, gate: Gate) -> WaitingOn:
    if gate.deadline_at is None:
        by_itself = "nothing: it waits until it is answered"
    else:
        by_itself = f"{gate.on_deadline} by default"
    return WaitingOn(
        gate=gate.name,
        kind=gate.kind,
        request_id=gate.request_id,
        what=gate.what,
        since=gate.opened_at,
        by_itself=by_itself,
        at=gate.deadline_at,
        command=command_for(run_id, gate),
        temporal_command=temporal_command_for(run_id, gate),
        reminded=gate.reminded,
    )


def command_for(run_id: str, gate: Gate) -> str:
    words = ["python", "-m", "faber.api", "approve", run_id, "--request", gate.request_id]
    if gate.kind == "budget" and "approve" not in gate.allowed:
        words = ["python", "-m", "faber.api", "raise-budget", run_id, "<usd>", "--request", gate.request_id]
    if gate.kind == "pause":
        words = ["python", "-m", "faber.api", "resume", run_id]
    return " ".join(word if word == "<usd>" else shlex.quote(word) for word in words)


def temporal_command_for(run_id: str, gate: Gate) -> str:
    name, answer = "decide", {"decision": "approve", "request_id": gate.request_id}
    if gate.kind == "budget" and "approve" not in gate.allowed:
        name, answer = "raise_budget", {"limit_usd": "<usd>", "request_id": gate.request_id}
    given = shlex.quote(json.dumps(answer).replace('"<usd>"', "<usd>"))
    return f"temporal workflow update execute -w {shlex.quote(run_id)} --name {name} --input {given}"


def document(run: Run, snapshot: Status) -> dict[str, Any]:
    """The state as `.fractary/faber/runs/<run>/state.json` and the query show it: the contract's names first."""
    state = run.state
    shown = snapshot.model_dump(mode="json")
    return {
        "workflow_id": run.key.run_id,
        "origin": run.key.origin,
        "issue": state.issue.model_dump(mode="json") if state.issue else None,
        "specification": state.specification.model_dump(mode="json") if state.specification else None,
        "work_type": state.work_type,
        "commits": state.commits,
        "files_modified": state.files,
        "tests_added": state.tests_added,
        "phase_results": [item.model_dump(mode="json") for item in state.phase_results],
        "evidence": [item.model_dump(mode="json") for item in state.evidence],
        **{
            name: value
            for name, value in shown.items()
            if value is not None or name in ("error", "error_phase")
        },
    }


def publish(run: Run) -> None:
    """Show the snapshot in Temporal: details for people, search attributes and memo for lists."""
    snapshot = status(run)
    workflow.set_current_details(details(snapshot))
    if run.state.setup is None or not run.state.setup.search_attributes:
        return
    waiting = [f"{gate.kind}:{gate.name}" for gate in run.state.gates.open]
    updates: list[SearchAttributeUpdate[Any]] = [
        PHASE.value_set(phase_shown(run)),
        PROJECT.value_set(snapshot.project),
        WORK_ID.value_set(snapshot.work_id),
        COST.value_set(snapshot.cost_usd),
        WAITING.value_set(waiting) if waiting else WAITING.value_unset(),
    ]
    if run.outcome:
        updates.append(OUTCOME.value_set(run.outcome))
    shown = snapshot.model_dump(
        mode="json",
        include={
            "work_id",
            "project",
            "completed_phases",
            "pr_url",
            "error",
            "error_phase",
            "branch_name",
            "cost_usd",
        },
    )
    if run.shown != (key := [str(updates), shown]):
        run.shown = key
        workflow.upsert_search_attributes(updates)
        workflow.upsert_memo({"faber": shown})


def details(snapshot: Status) -> str:
    lines = [
        f"**{snapshot.work_id}** {snapshot.status}: {snapshot.current_phase}, round {snapshot.round}",
        f"done: {', '.join(snapshot.completed_phases) or 'nothing yet'}; spent ${snapshot.cost_usd:.4f}",
    ]
    for item in snapshot.waiting_on:
        lines += [
            f"- {'still ' if item.reminded else ''}waits on **{item.gate}** (`{item.request_id}`) since {item.since}: "
            f"{item.what}",
            f"  by itself: {item.by_itself} {item.at or ''}".rstrip(),
            f"  `{item.command}`",
        ]
    lines += [f"- {note}" for note in snapshot.notes[-5:]]
    return "\n".join(lines)
