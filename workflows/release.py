"""Release: a person's word first, then the push, the pull request and, where configured, the merge."""

from __future__ import annotations

from typing import Any

from activities.changes import Changes
from activities.releasing import Releasing
from faber.contract.activities import MergeRequest, PullRequestRequest, PushRequest, World, WorldRequest
from faber.contract.delivery import Evidence, GateView
from workflows.architect import rejected
from workflows.build import commit
from workflows.failures import Ended
from workflows.hosts import at_host
from workflows.presets import HTTP, QUICK
from workflows.run import Run
from workflows.turns import converse
from workflows.world import approval, look


async def approve_release(run: Run) -> bool:
    """Whether the change may go out: approved where it must be, still what was evaluated, and still merging
    with the base as it is now. False sends the run back to where the change is made right."""
    state = run.state
    if run.must_approve("release") and not await _approved(run):
        return False
    world = await look(run, "release", _subject(run), run.state.round("build"), try_merge=True)
    if world.tree_sha != state.tree_sha or world.head_sha != state.head_sha:
        state.gates.outdate(_answer(run), "files")
        return await _take_up_edits(run, world)
    if not world.merge_clean:
        state.gates.outdate(_answer(run), "base")
        return await _resolve(run, world)
    state.prove(
        Evidence(
            phase="release",
            kind="merge_trial",
            ok=True,
            what=f"merges cleanly with {run.setup.repository.default_branch} at {world.base_sha[:12]}",
            sha=state.head_sha,
        )
    )
    return True


def _subject(run: Run) -> dict[str, Any]:
    return {"head": run.state.head_sha, "diff": run.state.diff}


def _answer(run: Run) -> GateView | None:
    return run.state.gates.answered("release", run.state.round("build"), _subject(run))


async def _approved(run: Run) -> bool:
    state = run.state
    what = f"{len(state.files)} changed files on {state.branch} at {state.head_sha[:12]}{_deciding(run)}"
    view = await approval(run, "release", what, _subject(run), state.round("build"))
    if view.decision == "reject":
        raise Ended("REJECTED", rejected("release", view.actor, view.comment), "release")
    if view.decision == "revise":
        # What a person sees at this gate is the change, so it is the change that is made again.
        state.reasons = view.comment
        state.again("build")
        return False
    return True


def _deciding(run: Run) -> str:
    named = run.state.tests_changed
    more = f" and {len(named) - 5} more" if len(named) > 5 else ""
    return f"; of them these decide what the checks say: {', '.join(named[:5])}{more}" if named else ""


async def _take_up_edits(run: Run, world: World) -> bool:
    """Somebody changed the files since they were evaluated: commit that and evaluate it before asking again."""
    state = run.state
    run.note("the work was edited after its evaluation; it is evaluated and asked about again")
    state.tree_sha = world.tree_sha
    state.again("build")
    await commit(run)
    return False


async def _resolve(run: Run, world: World) -> bool:
    """The base moved and conflicts with the work: bring it in, and let the build resolve what is marked."""
    state = run.state
    request = WorldRequest(place=run.place, round=state.round("build"))
    merged = await run.mended(
        "release", lambda: at_host(run, Changes.merge_base_in, request, QUICK, "bring the moved base in")
    )
    files = ", ".join(world.conflicts) or "unnamed files"
    state.tree_sha, state.base_sha = merged.tree_sha, merged.base_sha
    state.reasons = (
        f"the base branch moved and conflicts with this work in {files}. The files hold both sides between "
        "conflict markers: resolve each one, keep what both sides meant, and leave no marker"
    )
    state.again("build")
    return False


async def release(run: Run) -> None:
    state = run.state
    if state.release_answer is None:
        state.release_answer = (await converse(run, "release")).answer
    await _push(run)
    await _open_pull_request(run)
    if run.configuration.workflow.release.merge != "never":
        await _merge(run)
    run.finish_phase("release")


async def _push(run: Run) -> None:
    state = run.state
    request = PushRequest(place=run.place, expected=state.pushed_sha)
    pushed = await run.mended(
        "release", lambda: at_host(run, Releasing.push_branch, request, HTTP, f"push {state.branch}")
    )
    state.pushed_sha = pushed.remote_sha
    state.prove(pushed.evidence)


async def _open_pull_request(run: Run) -> None:
    state = run.state
    if state.issue is None:
        raise Ended("STATE", "there is no work item to release", "release")
    request = PullRequestRequest(
        place=run.place,
        issue=state.issue,
        answer=state.release_answer,
        evidence=[item for item in state.evidence if item.sha == state.head_sha],
        files=state.files,
        tests_changed=state.tests_changed,
    )
    opened = await run.mended(
        "release",
        lambda: at_host(run, Releasing.open_pull_request, request, HTTP, "open the pull request"),
    )
    state.pull_request = opened
    state.prove(opened.evidence)


async def _merge(run: Run) -> None:
    """`on_approval` merges only what a person approved; `when_green` what the checks and the verdict allow."""
    state = run.state
    approved = any(view.name == "release" and view.decision == "approve" for view in state.gates.decided)
    if run.configuration.workflow.release.merge == "on_approval" and not approved:
        run.note("not merged: merge is on_approval and nobody was asked")
        return
    if state.pull_request is None:
        raise Ended("STATE", "there is no pull request to merge", "release")
    request = MergeRequest(place=run.place, number=state.pull_request.number, title=state.issue_title())
    merged = await run.mended(
        "release", lambda: at_host(run, Releasing.merge_pull_request, request, HTTP, "merge")
    )
    state.pull_request.state = "merged"
    state.prove(merged.evidence)
