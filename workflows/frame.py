"""Frame: take the work item, an isolated worktree, and a first understanding of what is asked."""

from __future__ import annotations

from activities.claiming import Claiming
from faber.contract.activities import ClaimRequest
from workflows.hosts import at_host, configuration_of
from workflows.presets import QUICK
from workflows.run import Run
from workflows.turns import converse


async def prepare(run: Run) -> None:
    """Ask for the configuration and take the work item; skipped where an earlier execution has done so."""
    state = run.state
    if state.setup is None:
        setup = await run.mended("frame", lambda: configuration_of(run))
        if state.before and state.before.host_queue != setup.host_queue:
            run.state = state.begun_again(setup, state.before.host_queue)
        run.state.setup, run.state.before = setup, None
        run.configured()


async def claim(run: Run) -> None:
    state = run.state
    if state.claimed:
        return
    request = ClaimRequest(
        key=run.place.key,
        repository=run.setup.repository,
        base_sha=run.setup.base_sha,
        work_path=run.configuration.work.path,
        again=run.input.again,
        branch=state.branch or None,
        head_sha=state.head_sha or None,
        tree_sha=state.tree_sha or None,
    )
    claimed = await run.mended(
        "frame",
        lambda: at_host(run, Claiming.claim_work_item, request, QUICK, f"claim {run.input.work_id}"),
    )
    state.claimed = True
    state.issue, state.issue_artifact = claimed.issue, claimed.issue_artifact
    if not state.branch:
        state.branch, state.base_sha = claimed.branch, run.setup.base_sha
        state.head_sha = state.tree_sha = claimed.head_sha
    state.prove(*claimed.evidence)
    await run.report()


async def frame(run: Run) -> None:
    result = await converse(run, "frame")
    understood = result.structured or {}
    run.state.work_type = str(understood["work_type"])
    run.state.confidence = float(understood["confidence"])
    run.state.summary = str(understood["summary"])[:2_000]
    run.finish_phase("frame")
    run.state.phase = "architect"
