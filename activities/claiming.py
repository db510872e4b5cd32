"""Taking a work item: one run holds it, and who held it last, with what outcome, outlives Temporal's retention."""

from __future__ import annotations

from temporalio import activity
from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from activities.places import checkout_of, repository_of
from activities.platforms import work_items
from adapters.artifacts import Artifacts
from adapters.journal import Journal
from adapters.workspace import Claim, Repository, Workspace
from domain.documents import branch_name, issue_in_brief, issue_text
from faber.contract.activities import Claimed, ClaimRequest, RunKey
from faber.contract.delivery import Evidence, Issue
from faber.errors import WorkItemBusy, WorkItemDelivered


class Claiming:
    def __init__(self, *, workspace: Workspace, artifacts: Artifacts, journal: Journal) -> None:
        self._workspace = workspace
        self._artifacts = artifacts
        self._journal = journal

    @activity.defn
    async def claim_work_item(self, request: ClaimRequest) -> Claimed:
        """Errors: WorkItemNotFound, WorkItemBusy naming the run, WorkItemDelivered naming the pull request."""
        key, repository = request.key, repository_of(request.repository)
        issue = await self._issue(request)
        await self._claim(repository, key, issue.id, request.again)
        branch = request.branch or await self._branch(repository, key, issue)
        head_sha = request.head_sha or request.base_sha
        tree_sha = request.tree_sha or head_sha
        path = await self._workspace.open(repository, key.run_id, branch, head_sha, tree_sha)
        head = await self._workspace.head(repository, branch)
        worktree = Evidence(
            phase="frame",
            kind="worktree",
            ok=head == head_sha and path.is_dir(),
            what=f"isolated worktree on branch {branch}",
            sha=head,
        )
        text = issue_text(issue)
        return Claimed(
            issue=issue_in_brief(issue),
            branch=branch,
            head_sha=head_sha,
            evidence=[worktree],
            issue_artifact=await self._artifacts.put(text.encode()),
        )

    async def _issue(self, request: ClaimRequest) -> Issue:
        checkout = checkout_of(request.repository, "work.platform local")
        return await work_items(checkout, request.work_path).fetch(request.key.work_id)

    async def _claim(self, repository: Repository, key: RunKey, item: str, again: bool) -> None:
        """Under the item's own id: it may be asked for by its number, by its file's name, or with a `#`."""
        mine = Claim(key.run_id, key.origin)
        standing = await self._workspace.read_claim(repository, item)
        while standing != mine:
            await self._refuse_taken(standing, key, item, again)
            standing = await self._workspace.write_claim(repository, item, standing, mine)

    async def _refuse_taken(self, standing: Claim | None, key: RunKey, item: str, again: bool) -> None:
        if standing is None or standing.outcome in {"failed", "cancelled"}:
            return
        if standing.outcome == "completed":
            if again:
                return
            raise WorkItemDelivered(
                f"WorkItemDelivered: {item} was delivered by {standing.run_id}"
                + (f" as {standing.pr_url}" if standing.pr_url else "")
                + "; start it with --again to deliver it once more"
            )
        if standing.run_id != key.run_id and await is_open(standing.run_id):
            raise WorkItemBusy(
                f"WorkItemBusy: {standing.run_id} works on {item}; wait for it, or cancel it first"
            )

    async def _branch(self, repository: Repository, key: RunKey, issue: Issue) -> str:
        """The run's branch, noted before it is made so that a repeated claim finds its own."""
        noted = self._journal.load(f"{key.origin}/branch")
        if noted is not None:
            return noted
        branch = branch_name(key.work_id, issue.title)
        taken = await self._workspace.head(repository, branch) or await self._workspace.remote_head(
            repository, branch
        )
        if taken:
            branch = f"{branch}-{key.origin[:8]}"
        self._journal.save(f"{key.origin}/branch", branch)
        return branch


async def is_open(run_id: str) -> bool:
    """Whether Temporal still runs the workflow; a run that it no longer knows holds nothing."""
    try:
        described = await activity.client().get_workflow_handle(run_id).describe()
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            return False
        raise
    return described.status == WorkflowExecutionStatus.RUNNING
