"""Upkeep of what runs leave behind: the merge of a delivered change, and putting old runs away."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from temporalio import activity
from temporalio.client import WorkflowFailureError
from temporalio.service import RPCError, RPCStatusCode

from activities.chronicle import told_by
from activities.configuring import Source, locate
from activities.janitor import is_running
from activities.places import RUNS, checkout_of, repository_of, within
from activities.platforms import forge
from adapters.journal import Journal
from adapters.workspace import Workspace
from faber.contract.delivery import RunResult, Status
from faber.contract.upkeep import MergeInput, MergeResult, PruneInput, PruneResult
from faber.contract.workflows import FaberRun
from faber.errors import ForgeError, WorkItemError
from faber.overview import refuse_definition

DAY_S = 86_400
ENDED = {"completed", "failed", "cancelled"}


class Upkeep:
    """`agent_folders` are what coding agents keep of a run."""

    def __init__(
        self,
        *,
        workspace: Workspace,
        journal: Journal,
        home: Path,
        agent_folders: Callable[[str], Iterable[Path]],
    ) -> None:
        self._workspace = workspace
        self._journal = journal
        self._home = home
        self._agent_folders = agent_folders

    @activity.defn
    async def merge_delivered(self, request: MergeInput) -> MergeResult:
        """Merge a completed run's branch with its delivered head as precondition."""
        status, result = await delivered(request.run_id)
        source = Source(self._workspace, locate(status.options.get("repo"), self._home))
        await source.pin_default()
        repository, host = repository_of(source.ref), forge(checkout_of(source.ref, "merging"))
        opened = await host.find_pull_request(result.branch_name or "")
        if opened is None or result.head_sha is None:
            raise ForgeError(f"{request.run_id} has no pull request to merge")
        if opened.state == "closed":
            raise ForgeError(f"pull request {opened.number} is closed: open it again, then merge")
        message = f"Merge {opened.branch}: {opened.title}"
        merge_sha = await self._workspace.merge_to_base(repository, opened.branch, result.head_sha, message)
        await host.mark_merged(opened.number, merge_sha)
        return MergeResult(
            run_id=request.run_id,
            merge_sha=merge_sha,
            branch_name=opened.branch,
            base=source.ref.default_branch,
            pr_url=opened.url,
        )

    @activity.defn
    async def prune_runs(self, request: PruneInput) -> PruneResult:
        """Forget runs that ended long ago: their copy beside the repository, their snapshots and their notes."""
        source = Source(self._workspace, locate(request.repo, self._home))
        await source.pin_default()
        cut = time.time() - request.older_than_days * DAY_S
        checkout = checkout_of(source.ref, "pruning")
        folders = within(checkout, RUNS).glob("*/state.json")
        old = [(state, written(state)) for state in sorted(folders) if state.stat().st_mtime < cut]
        done = PruneResult(dry_run=request.dry_run)
        for path, state in old:
            run_id = str(state.get("workflow_id") or "")
            if await self._workspace.is_tracked(repository_of(source.ref), str(path.relative_to(checkout))):
                # Somebody committed it, so it says what they want and not what a run left.
                continue
            if state.get("status") not in ENDED or not run_id or await is_running(activity.client(), run_id):
                continue
            done.runs.append(run_id)
            if not request.dry_run:
                await self._workspace.prune(repository_of(source.ref), run_id)
                if state.get("origin"):
                    self._journal.delete(str(state["origin"]))
                self._journal.delete(told_by(run_id))
                for folder in self._agent_folders(run_id):
                    shutil.rmtree(folder, ignore_errors=True)
                shutil.rmtree(path.parent)
        return done


async def delivered(run_id: str) -> tuple[Status, RunResult]:
    """The status and result of a completed run. Errors: WorkItemError saying how it stands instead, UsageError."""
    await refuse_definition(activity.client(), run_id, "there is nothing to merge")
    handle = activity.client().get_workflow_handle_for(FaberRun.run, run_id)
    try:
        status = await handle.query(FaberRun.status)
        if status.status != "completed":
            raise WorkItemError(f"{run_id} is {status.status}: only a completed run can be merged")
        return status, await handle.result()
    except WorkflowFailureError as error:
        raise WorkItemError(f"{run_id} did not complete: {error.cause}") from None
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            raise WorkItemError(f"there is no run {run_id}") from None
        raise


def written(state: Path) -> dict[str, Any]:
    found = json.loads(state.read_text(encoding="utf-8"))
    return found if isinstance(found, dict) else {}
