"""Architect: a specification on the branch, and a person's word on it before anything is built."""

from __future__ import annotations

from typing import Any

from activities.changes import Changes
from faber.contract.activities import SpecificationRequest
from workflows.failures import Ended
from workflows.hosts import at_host
from workflows.presets import QUICK
from workflows.run import Run
from workflows.turns import converse
from workflows.world import approval, look


async def architect(run: Run) -> None:
    state = run.state
    result = await converse(run, "architect")
    if state.issue is None:
        raise Ended("STATE", "there is no work item to specify", "architect")
    request = SpecificationRequest(
        place=run.place,
        issue=state.issue,
        work_type=state.work_type or "feature",
        answer=result.answer,
        round=state.round("architect"),
    )
    written = await run.mended(
        "architect",
        lambda: at_host(run, Changes.write_specification, request, QUICK, "commit the specification"),
    )
    state.specification, state.spec_artifact = written.specification, written.artifact
    state.head_sha = state.tree_sha = written.head_sha
    state.reasons = ""
    state.prove(*written.evidence)
    run.finish_phase("architect")
    state.phase = "build"


async def approve_specification(run: Run) -> bool:
    """Whether the build may begin. Asked on every entry to it: an answer counts for exactly the specification
    that was shown, so one that changed since is asked about again."""
    state = run.state
    while run.must_approve("architect"):
        spec = state.specification
        if spec is None:
            raise Ended("STATE", "there is no specification to approve", "architect")
        subject = {"specification": spec.content_hash}
        round = state.round("architect")
        view = await approval(run, "architect", f"specification {spec.path}: {spec.title}", subject, round)
        if view.decision == "revise":
            state.reasons = view.comment
            state.again("architect")
            return False
        if view.decision == "reject":
            raise Ended("REJECTED", rejected("architect", view.actor, view.comment), "architect")
        if not await _edited_meanwhile(run, subject, round):
            spec.status = "approved"
            return True
        state.gates.outdate(view, "specification")
    return True


async def _edited_meanwhile(run: Run, subject: dict[str, Any], round: int) -> bool:
    """Hold the world against what was shown; a specification edited in the worktree is taken up as it is now."""
    state = run.state
    if state.specification is None:
        return False
    world = await look(run, "architect", subject, round, spec_path=state.specification.path)
    state.tree_sha = world.tree_sha
    if world.spec_hash is None:
        raise Ended(
            "STATE", f"{state.specification.path} was removed while it waited for approval", "architect"
        )
    if world.spec_hash == state.specification.content_hash:
        return False
    state.specification.content_hash = world.spec_hash
    state.spec_artifact = world.spec_artifact or state.spec_artifact
    return True


def rejected(gate: str, actor: str | None, comment: str) -> str:
    return f"{gate} rejected by {actor}" + (f": {comment}" if comment else "")
