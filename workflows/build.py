"""Build: the change, as commits on the run's branch."""

from __future__ import annotations

from activities.changes import Changes
from domain.verdict import VerdictView, next_step
from faber.contract.activities import CommitRequest
from workflows.failures import Ended
from workflows.hosts import at_host
from workflows.presets import QUICK
from workflows.run import Run
from workflows.turns import converse

NOTHING = "the build changed nothing beside the specification"


async def build(run: Run) -> None:
    await converse(run, "build")
    await commit(run)


async def commit(run: Run) -> None:
    """Commit what is in the files. A build that changed nothing goes back, whatever the model said of it."""
    state = run.state
    if state.issue is None or state.specification is None:
        raise Ended("STATE", "there is no specification to build", "build")
    request = CommitRequest(
        place=run.place,
        issue=state.issue,
        work_type=state.work_type or "feature",
        spec_path=state.specification.path,
        round=state.round("build"),
        checks=[check.argv for check in run.configuration.workflow.checks],
    )
    done = await run.mended(
        "build", lambda: at_host(run, Changes.commit_change, request, QUICK, "commit the change")
    )
    state.head_sha, state.tree_sha = done.head_sha, done.tree_sha
    state.changed, state.diff, state.files = done.changed, done.diff, done.files
    state.tests_added, state.tests_changed, state.commits = done.tests_added, done.tests_changed, done.commits
    state.reasons = ""
    state.prove(*done.evidence)
    if not done.changed:
        run.failed_round("build", NOTHING)
        send_back(run, NOTHING)
        return
    run.finish_phase("build")
    state.phase = "evaluate"


def send_back(run: Run, reasons: str) -> None:
    """To build once more with the reasons, while retries are left."""
    state = run.state
    step = next_step(VerdictView(verdict="RETRY", reasons=[reasons]), state.retry_count, run.max_retries)
    if step != "build":
        raise Ended("MAX_RETRIES", step, state.phase)
    state.retry_count += 1
    state.reasons = reasons
    state.again("build")
