"""A run's folder on this host: made, repaired and removed, whatever a kill or an agent left of it."""

from __future__ import annotations

import asyncio
import os
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

from adapters.workspace.clone import Clone, write_whole
from adapters.workspace.names import encoded
from adapters.workspace.removal import empty
from adapters.workspace.trees import Files


@dataclass(frozen=True)
class Worktree:
    """`path` holds the files, `admin` what git keeps of it in the clone (gitrepository-layout(5))."""

    clone: Clone
    path: Path
    admin: Path
    trash: Path

    @property
    def files(self) -> Files:
        return Files(self.clone, self.path, self.path.with_name(f"{self.path.name}.index"), self.trash)

    @property
    def exists(self) -> bool:
        return self.path.is_dir() and not self.path.is_symlink()

    async def put(self, head: str, tree: str) -> None:
        """The files of `tree`, and git's `HEAD` as given: a SHA, or `ref: ` and a full refname."""
        if not self.exists:
            self.path.unlink(missing_ok=True)
            self.path.mkdir(parents=True)
        await self._link(head)
        await self.fill(tree)

    async def fill(self, tree: str) -> None:
        await self.files.reset(tree)
        await asyncio.to_thread(self._show_index)

    async def remove(self) -> None:
        """Renamed first, so that a half-removed folder is never taken for somebody's work."""
        shutil.rmtree(self.admin, ignore_errors=True)
        self.files.index.unlink(missing_ok=True)
        if self.exists:
            self.trash.mkdir(parents=True, exist_ok=True)
            self.path.rename(self.trash / uuid.uuid4().hex)
        else:
            self.path.unlink(missing_ok=True)
        await asyncio.to_thread(empty, self.trash)

    async def _link(self, head: str) -> None:
        """What `git worktree add` writes; written by hand, a half-made one is mended by writing it again."""
        for name, content in {"commondir": "../..", "gitdir": str(self.path / ".git"), "HEAD": head}.items():
            write_whole(self.admin / name, f"{content}\n".encode())
        for name in ("index.lock", "HEAD.lock"):
            (self.admin / name).unlink(missing_ok=True)
        dot_git = self.path / ".git"
        if dot_git.is_dir() and not dot_git.is_symlink():
            self.trash.mkdir(parents=True, exist_ok=True)
            dot_git.rename(self.trash / uuid.uuid4().hex)
        write_whole(dot_git, f"gitdir: {self.admin}\n".encode())

    def _show_index(self) -> None:
        making = self.admin / f"index.{uuid.uuid4().hex}"
        shutil.copy2(self.files.index, making)
        os.replace(making, self.admin / "index")


def worktree_of(clone: Clone, data_dir: Path, run_id: str, name: str) -> Worktree:
    run, part = encoded(run_id), encoded(name)
    return Worktree(
        clone=clone,
        path=data_dir / "worktrees" / run / part,
        # No encoded word has a plus sign, so two runs never share a folder here.
        admin=clone.path / "worktrees" / f"{run}+{part}",
        trash=data_dir / "trash",
    )
