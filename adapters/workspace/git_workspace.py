"""The Workspace that the git CLI answers."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping
from pathlib import Path

from adapters.workspace import Change, Claim, MergeTrial, Repository, branches, claims, merges, push
from adapters.workspace.clone import Clone
from adapters.workspace.git import Git
from adapters.workspace.locks import Locks
from adapters.workspace.names import branch_ref, engine_ref
from adapters.workspace.origin import Checkout, find_checkout, find_origin, has_in_index
from adapters.workspace.run_folders import WORK, RunFolders


class GitWorkspace:
    """Clones under `<data_dir>/repositories`, worktrees under `<data_dir>/worktrees/<run>/<name>`."""

    def __init__(self, data_dir: Path, environment: Mapping[str, str]) -> None:
        self._data_dir = data_dir.absolute()
        self._git = Git(self._data_dir, environment)
        self._locks = Locks()
        self._folders = RunFolders(self._data_dir, self._locks)
        self._checkouts: dict[Path, Checkout] = {}

    async def fetch(self, repository: Repository) -> str:
        return await (await self._clone(repository)).fetch()

    async def origin(self, repository: Repository) -> str | None:
        found = (await self._clone(repository)).origin
        return None if found.own else found.url

    async def read_at(self, repository: Repository, sha: str, path: str) -> bytes | None:
        return await branches.read_at(await self._ready(repository), sha, path)

    async def is_tracked(self, repository: Repository, path: str) -> bool:
        if repository.checkout is None:
            return False
        return await has_in_index(self._git, repository.checkout, path)

    async def read_claim(self, repository: Repository, work_id: str) -> Claim | None:
        return await claims.read_claim(await self._ready(repository), work_id)

    async def write_claim(
        self, repository: Repository, work_id: str, expected: Claim | None, claim: Claim
    ) -> Claim:
        return await claims.write_claim(await self._ready(repository), work_id, expected, claim)

    async def open(
        self,
        repository: Repository,
        run_id: str,
        branch: str,
        head_sha: str,
        tree_sha: str,
        *,
        name: str = WORK,
        keep: bool = False,
    ) -> Path:
        clone = await self._ready(repository)
        return await self._folders.open(clone, run_id, branch, head_sha, tree_sha, name, keep)

    async def open_detached(self, repository: Repository, run_id: str, sha: str, *, name: str) -> Path:
        return await self._folders.open_detached(await self._ready(repository), run_id, sha, name)

    async def close(self, repository: Repository, run_id: str, *, name: str) -> None:
        await self._folders.close(await self._ready(repository), run_id, name)

    async def snapshot(
        self, repository: Repository, run_id: str, ref: str, parent_sha: str, message: str, when: int
    ) -> str:
        clone = await self._ready(repository)
        return await self._folders.snapshot(clone, run_id, ref, parent_sha, message, when)

    async def write_file(
        self,
        repository: Repository,
        run_id: str,
        branch: str,
        head_sha: str,
        tree_sha: str,
        path: str,
        content: bytes,
        *,
        ref: str,
        when: int,
    ) -> str:
        clone = await self._ready(repository)
        await self._folders.open(clone, run_id, branch, head_sha, tree_sha, WORK, keep=False)
        made = await self._folders.write_file(clone, run_id, tree_sha, path, content, ref, when)
        await self._folders.open(clone, run_id, branch, head_sha, made, WORK, keep=False)
        return made

    async def commit(
        self, repository: Repository, branch: str, head_sha: str, tree_sha: str, message: str, when: int
    ) -> str:
        return await branches.commit(await self._ready(repository), branch, head_sha, tree_sha, message, when)

    async def head(self, repository: Repository, branch: str) -> str | None:
        return await (await self._ready(repository)).resolve(engine_ref(branch))

    async def changes(self, repository: Repository, base_sha: str, head_sha: str) -> list[Change]:
        return await branches.changes(await self._ready(repository), base_sha, head_sha)

    async def commits(self, repository: Repository, base_sha: str, head_sha: str) -> list[tuple[str, str]]:
        return await branches.commits(await self._ready(repository), base_sha, head_sha)

    async def diff(self, repository: Repository, base_sha: str, head_sha: str) -> str:
        return await branches.diff(await self._ready(repository), base_sha, head_sha)

    async def added(self, repository: Repository, base_sha: str, head_sha: str) -> bytes:
        return await branches.added(await self._ready(repository), base_sha, head_sha)

    async def merge_trial(self, repository: Repository, head_sha: str) -> MergeTrial:
        return await merges.try_merge(await self._ready(repository), head_sha)

    async def merge_into(self, repository: Repository, run_id: str, head_sha: str, base_sha: str) -> str:
        return await self._folders.merge_into(await self._ready(repository), run_id, head_sha, base_sha)

    async def push(self, repository: Repository, branch: str, sha: str, expected: str | None) -> None:
        await push.push_branch(await self._ready(repository), branch, sha, expected)

    async def remote_head(self, repository: Repository, branch: str) -> str | None:
        return await push.remote_sha(await self._ready(repository), branch_ref(branch))

    async def merge_to_base(self, repository: Repository, branch: str, head_sha: str, message: str) -> str:
        return await merges.merge_to_base(await self._ready(repository), branch, head_sha, message)

    async def clean(self, repository: Repository, run_id: str, *, quarantine: bool) -> dict[str, str]:
        return await self._folders.clean(await self._ready(repository), run_id, quarantine)

    async def discard(self, run_id: str) -> dict[str, str]:
        return await self._folders.discard(self._git, run_id)

    async def prune(self, repository: Repository, run_id: str) -> None:
        await self._folders.prune(await self._ready(repository), run_id)

    def clone_of(self, path: Path) -> tuple[Path, ...]:
        """The clone that a worktree of this host hangs off, by what the engine wrote into its `.git`."""
        with contextlib.suppress(OSError, UnicodeDecodeError):
            admin = Path((path / ".git").read_text(encoding="utf-8").removeprefix("gitdir:").strip())
            clone = admin.parent.parent
            if clone.parent == self._data_dir / "repositories" and clone.is_dir():
                return (clone,)
        return ()

    async def runs(self) -> list[str]:
        return self._folders.run_ids()

    async def _clone(self, repository: Repository) -> Clone:
        self._data_dir.mkdir(parents=True, exist_ok=True)
        checkout = None
        if repository.checkout is not None:
            checkout = await self._checkout(repository.checkout)
        origin = await find_origin(self._git, repository, checkout)
        key = hashlib.sha256(
            str(checkout.git_dir if checkout else origin.url).encode(errors="surrogateescape")
        )
        path = self._data_dir / "repositories" / f"{key.hexdigest()[:16]}.git"
        return Clone(self._git, self._locks, path, origin, repository.default_branch)

    async def _checkout(self, folder: Path) -> Checkout:
        if folder not in self._checkouts:
            self._checkouts[folder] = await find_checkout(self._git, folder)
        return self._checkouts[folder]

    async def _ready(self, repository: Repository) -> Clone:
        clone = await self._clone(repository)
        if clone.path.is_dir():
            clone.restore()
        else:
            await clone.fetch()
        return clone
