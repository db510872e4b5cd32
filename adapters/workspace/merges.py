"""Merges made in the clone without a worktree: tried, handed to a build round, or delivered to the base."""

from __future__ import annotations

import time

from adapters.workspace import MergeTrial
from adapters.workspace.branches import MERGED_SUBJECT
from adapters.workspace.clone import Clone
from adapters.workspace.git import failure
from adapters.workspace.names import branch_ref, sha
from adapters.workspace.push import Moved, push_ref, remote_sha
from faber.errors import GitError, PushRefused

ATTEMPTS = 20


async def try_merge(clone: Clone, head_sha: str) -> MergeTrial:
    base = await clone.fetch()
    _, conflicts = await _merged_tree(clone, base, head_sha)
    return MergeTrial(base, not conflicts, conflicts)


async def merge_commit(clone: Clone, head_sha: str, base_sha: str) -> str:
    """The merge of the base into the work as a commit of its own, conflict markers in its files."""
    tree, _ = await _merged_tree(clone, head_sha, base_sha)
    dates = await clone.run("show", "--no-patch", "--format=%ct", "--end-of-options", head_sha, base_sha)
    when = max(int(line) for line in dates.text.split())
    return await clone.commit_tree(tree, [head_sha, base_sha], MERGED_SUBJECT, when)


async def merge_to_base(clone: Clone, branch: str, head_sha: str, message: str) -> str:
    # Runs of this host line up, so that only somebody else's push can move the base under a merge.
    async with clone.locks.hold(clone.path.with_suffix(".merge.lock")):
        return await _merge_to_base(clone, branch, head_sha, message)


async def _merge_to_base(clone: Clone, branch: str, head_sha: str, message: str) -> str:
    for _ in range(ATTEMPTS):
        base = await clone.fetch()
        if await clone.is_ancestor(sha(head_sha), base):
            return await _where_merged(clone, head_sha, base)
        found = await remote_sha(clone, branch_ref(branch))
        if found != head_sha:
            raise Moved(
                f"the branch {branch} of {clone.origin} is at {found or 'no commit'}, and {head_sha} was "
                "approved: nothing was merged. Review the new commits, then retry the release."
            )
        tree, conflicts = await _merged_tree(clone, base, head_sha)
        if conflicts:
            raise PushRefused(
                f"{branch} conflicts with {clone.default_branch} at {base} in {', '.join(conflicts[:20])}: "
                "nothing was merged. Retry the run from build.",
                conflicts=list(conflicts),
            )
        merge = await clone.commit_tree(tree, [base, head_sha], message, int(time.time()))
        try:
            await push_ref(clone, branch_ref(clone.default_branch), merge, base)
            return merge
        except Moved:
            continue
    raise GitError(
        f"{clone.default_branch} of {clone.origin} moved {ATTEMPTS} times during the merge: try again"
    )


async def _where_merged(clone: Clone, head_sha: str, base: str) -> str:
    """The oldest commit of the base branch that contains the head; the head itself after a fast-forward."""
    listed = await clone.run(
        *("rev-list", "--first-parent", "--ancestry-path", "--end-of-options", base, f"^{head_sha}")
    )
    return (listed.text.splitlines() or [head_sha])[-1]


async def _merged_tree(clone: Clone, ours: str, theirs: str) -> tuple[str, tuple[str, ...]]:
    await clone.git.check_version()
    for name in (ours, theirs):
        await clone.fetched_tree(name)
    ran = await clone.run(
        *("merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", ours, theirs),
        accept=(0, 1, 128),
    )
    if ran.code == 128 and "unrelated histories" in ran.words:
        raise PushRefused(
            f"{ours} and {theirs} have no commit in common, so neither can be merged into the other: "
            f"{clone.default_branch} of {clone.origin} was written anew since the run began. Put its old commits "
            "back, or cancel the run and start it again."
        )
    if ran.code == 128:
        raise failure(("merge-tree",), ran)
    tree, *conflicts = ran.stdout.decode(errors="backslashreplace").split("\0")
    return sha(tree.strip()), tuple(dict.fromkeys(path for path in conflicts if path))
