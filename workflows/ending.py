"""How a run ends: the result document, the receipt, and what Temporal is told."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.reporting import Reporting
from domain.evidence import missing_evidence
from faber.contract.activities import Finished, FinishRequest
from faber.contract.delivery import RunResult
from faber.contract.money import usd
from faber.contract.names import EXEC_QUEUE, PHASES
from workflows.asking import asked
from workflows.failures import Ended, not_taken_up, told
from workflows.hosts import patience
from workflows.presets import QUICK
from workflows.published import publish
from workflows.run import Run

A = TypeVar("A")


def require_evidence(run: Run) -> None:
    """`completed` is what the engine checked, not what anybody said."""
    state = run.state
    required = [check.name for check in state.checks if check.required]
    missing = missing_evidence(state.completed, state.evidence, state.evaluated_sha, required)
    if missing:
        raise Ended(
            "EVIDENCE_MISSING", f"not completed, evidence is missing: {'; '.join(missing)}", state.phase
        )


async def finish(run: Run) -> None:
    """End what runs, clean up, keep the outcome. A failure to do so is noted, and never hides how the run ended."""
    outcome = run.outcome or "failed"
    publish(run)
    if run.state.setup is None:
        return
    request = FinishRequest(
        report=run.report_request(),
        outcome=outcome,
        pr_url=run.state.pull_request.url if run.state.pull_request else "",
        claimed=run.state.claimed,
        quarantine=outcome != "completed",
        item=run.state.issue.id if run.state.issue else "",
    )
    try:
        done = await whole(_finished(run, request))
    except ActivityError as error:
        run.note(f"cleaning up failed: {told(error)[1]}")
        return
    run.receipt = done.receipt
    publish(run)


async def _finished(run: Run, request: FinishRequest) -> Finished:
    """By the run's own host; when nobody serves that, any other settles what can be settled from there."""
    summary = f"finish: {request.outcome}"
    try:
        return await asked(
            Reporting.finish_run, request, QUICK.taken_within(patience(run.setup)), run.host, summary
        )
    except ActivityError as error:
        if not not_taken_up(error):
            raise
    run.note(f"{run.host} is away: what the run left there is cleared when its worker starts")
    # What there is to look at may be on that host too.
    request.report.status.shows = {}
    return await asked(Reporting.finish_run, request, QUICK, EXEC_QUEUE, summary)


async def whole(work: Coroutine[Any, Any, A]) -> A:
    """A cancel that comes while the run is ending changes nothing about how it ends."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        return await task


def result(run: Run) -> RunResult:
    state = run.state
    summary = state.ledger.summary()
    return RunResult(
        workflow_id=run.key.run_id,
        work_id=run.input.work_id,
        status="completed" if run.outcome == "completed" else "failed",
        completed_phases=state.completed,
        pr_url=state.pull_request.url if state.pull_request else None,
        error=run.error,
        error_code=run.error_code,
        error_phase=run.error_phase,
        cost_usd=usd(state.ledger.settled),
        spec_path=state.specification.path if state.specification else None,
        branch_name=state.branch or None,
        head_sha=state.head_sha or None,
        retry_count=state.retry_count,
        evaluation_result=state.verdict,
        work_type=state.work_type,
        work_type_confidence=state.confidence,
        pr_number=state.pull_request.number if state.pull_request else None,
        pr_state=state.pull_request.state if state.pull_request else None,
        commits=state.commits,
        files_modified=state.files,
        tests_added=state.tests_added,
        criteria_met=state.criteria_met,
        criteria_unmet=state.criteria_unmet,
        issues_found=state.issues_found,
        total_tokens=summary.tokens,
        cost=summary,
        evidence=state.evidence,
        phase_results=state.phase_results,
        decisions=state.gates.decided,
        models={phase: run.configuration.workflow.models.of(phase) for phase in PHASES}
        if state.setup
        else {},
        sandbox=state.setup.sandbox if state.setup else "none",
        notes=state.notes,
        receipt=run.receipt,
        temporal_run_id=workflow.info().run_id,
        started_at=state.started_at,
        ended_at=workflow.now().isoformat(),
    )
