"""What a definition's run shows of itself: the status snapshot, the result, what lists tell of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from temporalio import workflow

from faber.contract.definition_runs import DefinitionResult, DefinitionStatus, StepRun
from faber.contract.delivery import RunStatus
from faber.contract.money import usd
from workflows.showing import asked_about, show, waiting_on

if TYPE_CHECKING:
    from workflows.course import Course

SHOWN = {"work_id", "project", "error"}


def status(course: Course, *, steps: bool = True) -> DefinitionStatus:
    state = course.state
    return DefinitionStatus(
        run_id=course.key.run_id,
        work_id=course.definition_id,
        project=course.input.project or "",
        status=status_word(course),
        current_phase=None,
        waiting_on=[waiting_on(course.key.run_id, gate) for gate in state.gates.open],
        decided=state.gates.decided,
        cost=state.ledger.summary(),
        cost_usd=usd(state.ledger.settled),
        started_at=state.started_at,
        error=course.error,
        notes=state.notes,
        ignored=state.gates.ignored,
        workflow_id=course.definition_id,
        workflow_version=state.setup.definition.version if state.setup else course.input.version or 0,
        current_step=course.error_step if course.outcome else course.where or None,
        steps=with_outputs(state.steps, state.context.runtime) if steps else [],
        idempotency_key=course.input.idempotency_key,
        initiator=course.input.initiator,
        tenant=course.input.tenant,
        updated_at=course.updated_at,
        provider=state.provider,
    )


def with_outputs(steps: list[StepRun], runtime: dict[str, Any]) -> list[StepRun]:
    """Each step's output where it was done last: a loop's earlier ones are not carried."""
    last = {step.step_id: number for number, step in enumerate(steps) if step.status == "completed"}
    return [
        step.model_copy(update={"output": runtime.get(f"{step.step_id}_output")})
        if last.get(step.step_id) == number
        else step
        for number, step in enumerate(steps)
    ]


def status_word(course: Course) -> RunStatus:
    if course.outcome:
        return course.outcome
    if course.state.setup is None:
        return "queued"
    return "waiting" if course.state.gates.open else "running"


def publish(course: Course) -> None:
    """Show the snapshot in Temporal."""
    # At every step: what grows with their number is left out.
    snapshot = status(course, steps=False)
    lines = [
        f"**{snapshot.work_id}** version {snapshot.workflow_version}",
        f"{snapshot.status}: {snapshot.current_step or ''}",
        *asked_about(snapshot),
        *(f"- {note}" for note in snapshot.notes[-5:]),
    ]
    shown = snapshot.model_dump(mode="json", include=SHOWN)
    show(course, snapshot, snapshot.current_step or "", "\n".join(lines), shown)


def result(course: Course) -> DefinitionResult:
    snapshot = status(course)
    return DefinitionResult(
        run_id=snapshot.run_id,
        workflow_id=snapshot.workflow_id,
        workflow_version=snapshot.workflow_version,
        status="completed"
        if course.outcome == "completed"
        else "canceled"
        if course.outcome == "cancelled"
        else "failed",
        context=course.state.context,
        steps=snapshot.steps,
        error=course.error,
        error_code=course.error_code,
        error_step=course.error_step,
        provider=snapshot.provider,
        cost_usd=snapshot.cost_usd,
        decisions=snapshot.decided,
        notes=snapshot.notes,
        started_at=snapshot.started_at,
        ended_at=workflow.now().isoformat(),
    )
