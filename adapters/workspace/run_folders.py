"""What a run has on this host: its worktrees, the snapshots of them, and what is kept when they go."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from adapters.workspace import branches, merges
from adapters.workspace.clone import Clone, write_whole
from adapters.workspace.git import Git
from adapters.workspace.locks import Locks
from adapters.workspace.names import branch_ref, encoded, engine_ref, run_ref, sha
from adapters.workspace.origin import Origin
from adapters.workspace.worktree import Worktree, worktree_of
from faber.errors import GitError

WORK = "work"
NOTE = "run.json"


@dataclass(frozen=True)
class RunFolders:
    data_dir: Path
    locks: Locks

    async def open(
        self,
        clone: Clone,
        run_id: str,
        branch: str,
        head_sha: str,
        tree_sha: str,
        name: str,
        keep: bool,
    ) -> Path:
        await clone.fetched_tree(head_sha)
        tree = await clone.fetched_tree(tree_sha)
        async with self._held(clone, run_id, name) as worktree:
            async with clone.changing_refs():
                await branches.set_branch(clone, branch, head_sha)
            note = {"run_id": run_id, "branch": branch, "clone": clone.path.name}
            write_whole(worktree.path.parent / NOTE, json.dumps(note).encode())
            if not (keep and worktree.exists):
                await worktree.put(f"ref: {branch_ref(branch)}", tree)
            return worktree.path

    async def open_detached(self, clone: Clone, run_id: str, commit_sha: str, name: str) -> Path:
        tree = await clone.fetched_tree(commit_sha)
        async with self._held(clone, run_id, name) as worktree:
            await worktree.remove()
            await worktree.put(commit_sha, tree)
            return worktree.path

    async def close(self, clone: Clone, run_id: str, name: str) -> None:
        async with self._held(clone, run_id, name) as worktree:
            await worktree.remove()

    async def snapshot(
        self, clone: Clone, run_id: str, ref: str, parent_sha: str, message: str, when: int
    ) -> str:
        worktree = _need(self._worktree(clone, run_id, WORK), run_id)
        before = await clone.tree(parent_sha)
        after = await worktree.files.written(before)
        made = parent_sha if after == before else await clone.commit_tree(after, [parent_sha], message, when)
        await branches.set_ref(clone, run_ref(run_id, ref), made)
        return made

    async def write_file(
        self, clone: Clone, run_id: str, tree_sha: str, path: str, content: bytes, ref: str, when: int
    ) -> str:
        files = self._worktree(clone, run_id, WORK).files
        before = await clone.tree(tree_sha)
        after = await files.with_file(before, path, content)
        made = (
            tree_sha if after == before else await clone.commit_tree(after, [tree_sha], f"Write {path}", when)
        )
        await branches.set_ref(clone, run_ref(run_id, ref), made)
        return made

    async def merge_into(self, clone: Clone, run_id: str, head_sha: str, base_sha: str) -> str:
        merged = await merges.merge_commit(clone, head_sha, sha(base_sha))
        await branches.set_ref(clone, run_ref(run_id, f"merged/{base_sha}"), merged)
        async with self._held(clone, run_id, WORK) as worktree:
            _need(worktree, run_id)
            await worktree.fill(await clone.tree(merged))
        return merged

    async def clean(self, clone: Clone, run_id: str, quarantine: bool) -> dict[str, str]:
        left: dict[str, str] = {}
        async with self.locks.hold(self._lock(run_id)):
            work = self._worktree(clone, run_id, WORK)
            if work.exists:
                left["worktree"] = f"{work.path} (removed)"
                if quarantine:
                    await self._quarantine(clone, run_id, work)
            for name in _names(work.path.parent):
                await self._worktree(clone, run_id, name).remove()
            shutil.rmtree(work.path.parent, ignore_errors=True)
            self._lock(run_id).unlink(missing_ok=True)
        kept = run_ref(run_id, "quarantine")
        if await clone.resolve(kept):
            left["quarantine"] = f"{kept} in {clone.path}"
        return left

    async def discard(self, git: Git, run_id: str) -> dict[str, str]:
        """From the clone alone: the user's checkout may be gone as well."""
        folder = self.data_dir / "worktrees" / encoded(run_id)
        path = self.data_dir / "repositories" / _note(folder).get("clone", "none")
        if not path.is_dir():
            kept = f"{folder} (left as it is: its clone is gone, so nothing in it could be kept)"
            return {"worktree": kept} if folder.is_dir() else {}
        clone = Clone(git, self.locks, path, Origin(str(path), str(path), own=False), "")
        clone.restore()
        return await self.clean(clone, run_id, quarantine=True)

    async def prune(self, clone: Clone, run_id: str) -> None:
        listed = await clone.run("for-each-ref", "--format=delete %(refname)", f"{run_ref(run_id)}/")
        async with clone.changing_refs():
            await clone.run("update-ref", "--no-deref", "--stdin", stdin=listed.stdout)
            # Objects of younger runs that no ref names yet are safe: only what is two weeks old goes.
            await clone.run("-c", "gc.auto=6700", "-c", "gc.autoDetach=false", "gc", "--auto", "--quiet")

    def run_ids(self) -> list[str]:
        folders = sorted(path for path in (self.data_dir / "worktrees").glob("*") if path.is_dir())
        return [_note(folder).get("run_id", unquote(folder.name)) for folder in folders]

    async def _quarantine(self, clone: Clone, run_id: str, work: Worktree) -> None:
        branch = _note(work.path.parent).get("branch", "")
        head = await clone.resolve(engine_ref(branch)) if branch else None
        if head is None:
            return
        after = await work.files.written(await clone.tree(head))
        if after != await clone.tree(head):
            when = int((await clone.run("show", "--no-patch", "--format=%ct", head)).text)
            made = await clone.commit_tree(after, [head], f"What {run_id} had not committed", when)
            await branches.set_ref(clone, run_ref(run_id, "quarantine"), made)

    @contextlib.asynccontextmanager
    async def _held(self, clone: Clone, run_id: str, name: str) -> AsyncIterator[Worktree]:
        async with self.locks.hold(self._lock(run_id)):
            yield self._worktree(clone, run_id, name)

    def _worktree(self, clone: Clone, run_id: str, name: str) -> Worktree:
        return worktree_of(clone, self.data_dir, run_id, name)

    def _lock(self, run_id: str) -> Path:
        return self.data_dir / "locks" / f"{encoded(run_id)}.lock"


def _need(worktree: Worktree, run_id: str) -> Worktree:
    if not worktree.exists:
        raise GitError(f"the run {run_id} has no worktree on this host ({worktree.path}): open it first")
    return worktree


def _names(folder: Path) -> list[str]:
    return [unquote(path.name) for path in sorted(folder.glob("*")) if path.is_dir() or path.is_symlink()]


def _note(folder: Path) -> dict[str, str]:
    """Whose folder it is: a long run id does not fit a folder's name."""
    try:
        return {str(key): str(value) for key, value in json.loads((folder / NOTE).read_bytes()).items()}
    except FileNotFoundError:
        return {}
