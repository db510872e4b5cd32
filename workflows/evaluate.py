"""Evaluate: the engine runs the checks itself, then a reviewer gives a verdict that cannot overrule them."""

from __future__ import annotations

from activities.checking import Checking
from domain.verdict import read_verdict
from faber.contract.activities import ChecksRequest
from faber.contract.delivery import Evidence
from workflows.build import send_back
from workflows.failures import Ended
from workflows.hosts import at_host
from workflows.presets import EXEC
from workflows.run import Run
from workflows.turns import converse


async def evaluate(run: Run) -> None:
    state = run.state
    if state.conversation is None:
        await _run_checks(run)
    result = await converse(run, "evaluate", form_required=False)
    # The verdict is read against the checks of this head, never taken from the model alone.
    read = read_verdict(result.structured, result.text, state.checks)
    state.verdict = read.verdict
    state.criteria_met, state.criteria_unmet = read.met, read.unmet
    state.issues_found = read.issues
    state.evaluated_sha = state.head_sha
    reasons = "; ".join(read.reasons) or read.verdict
    state.prove(
        Evidence(
            phase="evaluate",
            kind="verdict",
            ok=read.verdict == "GO",
            what=f"{read.verdict}: {reasons}"[:1_000],
            sha=state.head_sha,
            round=state.round("evaluate"),
        )
    )
    if read.verdict == "GO":
        run.finish_phase("evaluate")
        state.phase = "release"
        return
    run.failed_round("evaluate", f"{read.verdict}: {reasons}")
    if read.verdict == "NO_GO":
        raise Ended("NO_GO", f"evaluation answered NO_GO: {reasons}", "evaluate")
    send_back(run, reasons)


async def _run_checks(run: Run) -> None:
    state = run.state
    request = ChecksRequest(
        place=run.place,
        checks=[check.model_dump(mode="json") for check in run.configuration.workflow.checks],
        sandbox=run.setup.sandbox,
        round=state.round("evaluate"),
    )
    done = await run.mended(
        "evaluate", lambda: at_host(run, Checking.run_checks, request, EXEC, "run the checks")
    )
    state.checks, state.checks_report = done.results, done.report
    state.prove(*done.evidence)
    if state.tests_changed:
        changed = ", ".join(state.tests_changed[:20])
        run.note(f"the change touches files that decide what the checks say: {changed}")
