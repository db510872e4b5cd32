"""What a delivery run shows of itself: the status snapshot, what is told beside it, what lists tell of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faber.contract.delivery import RunStatus, Status
from faber.contract.money import usd
from faber.contract.names import PHASES, Phase
from workflows.showing import asked_about, show, waiting_on

if TYPE_CHECKING:
    from workflows.run import Run

SHOWN = {
    "work_id",
    "project",
    "completed_phases",
    "pr_url",
    "error",
    "error_phase",
    "branch_name",
}


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
        tenant=run.input.tenant,
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
    given = run.input.model_dump(
        mode="json", exclude={"resume", "started_by", "work_id", "again", "project", "tenant"}
    )
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


def beside_status(run: Run) -> dict[str, Any]:
    """What `.fractary/faber/runs/<run>/state.json` tells that the status does not, by the contract's names."""
    state = run.state
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
    }


def publish(run: Run) -> None:
    """Show the snapshot in Temporal."""
    snapshot = status(run)
    shown = snapshot.model_dump(mode="json", include=SHOWN)
    show(run, snapshot, phase_shown(run), details(snapshot), shown)


def details(snapshot: Status) -> str:
    lines = [
        f"**{snapshot.work_id}** {snapshot.status}: {snapshot.current_phase}, round {snapshot.round}",
        f"done: {', '.join(snapshot.completed_phases) or 'nothing yet'}; spent ${snapshot.cost_usd:.4f}",
        *asked_about(snapshot),
    ]
    lines += [f"- {note}" for note in snapshot.notes[-5:]]
    return "\n".join(lines)
