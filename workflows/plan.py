"""A dry run: what would happen, told from the same configuration that would drive it."""

from __future__ import annotations

from faber.contract.delivery import RunResult
from faber.contract.names import PHASES
from workflows.ending import result
from workflows.published import publish
from workflows.run import Run


def plan(run: Run) -> RunResult:
    """The result document of a run that did nothing: its notes are the plan."""
    workflow_ = run.configuration.workflow
    lines = []
    for phase in PHASES:
        agent = workflow_.agent.of(phase)
        who = workflow_.models.of(phase) if agent.preset == "builtin" else f"the {agent.preset} agent"
        gate = ", then a person approves" if phase == "architect" and run.must_approve("architect") else ""
        before = "a person approves, then " if phase == "release" and run.must_approve("release") else ""
        lines.append(f"{phase}: {before}{who}, at most {workflow_.turns.of(phase)} turns{gate}")
    checks = "; ".join(str(check.run) for check in workflow_.checks)
    limit = run.state.ledger.limit_microusd
    money = "unlimited" if limit is None else f"${limit / 1_000_000:.2f}"
    run.state.notes += [
        "dry run: nothing was spent or changed",
        *lines,
        f"checks: {checks}",
        f"budget: {money}, {run.budget_mode} when it is reached; at most {run.max_retries} retries",
        f"base: {run.setup.repository.default_branch} at {run.setup.base_sha[:12]}; sandbox: {run.setup.sandbox}",
    ]
    run.end("completed")
    publish(run)
    return result(run).model_copy(update={"dry_run": True})
