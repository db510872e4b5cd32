"""A user's checkout and its origin, both real, with the workspace under test beside them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from adapters.workspace import Repository
from adapters.workspace.git_workspace import GitWorkspace

WHEN = 1_700_000_000


@dataclass
class Site:
    """`git` speaks as a person would; `workspace` as the engine does."""

    root: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    @property
    def origin(self) -> Path:
        return self.root / "origin.git"

    @property
    def checkout(self) -> Path:
        return self.root / "checkout"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def repository(self) -> Repository:
        return Repository(self.checkout, None, "main")

    def workspace(self, data: str = "data") -> GitWorkspace:
        return GitWorkspace(self.root / data, self.environment)

    def git(self, *arguments: str, at: Path | None = None, check: bool = True) -> str:
        person = [
            *("-c", "user.name=Person", "-c", "user.email=person@localhost"),
            *("-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always"),
        ]
        ran = subprocess.run(
            ["git", *person, *arguments],
            cwd=at or self.checkout,
            env=dict(self.environment) | {"GIT_CONFIG_GLOBAL": "/dev/null"},
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=60,
            capture_output=True,
            text=True,
            errors="surrogateescape",
        )
        assert not check or ran.returncode == 0, ran.stderr
        return ran.stdout.strip()

    def commit(self, files: Mapping[str, str], message: str = "a commit", at: Path | None = None) -> str:
        """A person's commit in the checkout; its SHA."""
        folder = at or self.checkout
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content)
        self.git("add", "-A", at=folder)
        self.git("commit", "-qm", message, at=folder)
        return self.git("rev-parse", "HEAD", at=folder)

    def clone(self, repositories: str = "data") -> Path:
        """The only bare clone that the workspace made."""
        (found,) = (self.root / repositories / "repositories").glob("*.git")
        return found

    def in_clone(self, *arguments: str) -> str:
        return self.git(f"--git-dir={self.clone()}", *arguments, at=self.root)

    def move_base(self, files: Mapping[str, str]) -> str:
        """Somebody else's work arrives on the origin's main branch."""
        other = self.root / "other"
        if not other.exists():
            self.git("clone", "-q", str(self.origin), str(other), at=self.root)
        self.git("pull", "-q", at=other)
        moved = self.commit(files, "the base moves", at=other)
        self.git("push", "-q", "origin", "main", at=other)
        return moved


@dataclass(frozen=True)
class Started:
    """A run whose worktree is open at the base."""

    workspace: GitWorkspace
    repository: Repository
    base: str
    path: Path
    run_id: str
    branch: str

    async def snapshot(self, ref: str = "build/1/1", parent: str | None = None) -> str:
        return await self.workspace.snapshot(
            self.repository, self.run_id, ref, parent or self.base, "a turn", WHEN
        )

    async def commit(self, tree: str, head: str | None = None, message: str = "feat: work") -> str:
        return await self.workspace.commit(
            self.repository, self.branch, head or self.base, tree, message, WHEN
        )

    async def work(self, files: Mapping[str, str]) -> str:
        """Write, snapshot and commit, as a turn does; the branch's new head."""
        for name, content in files.items():
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            (self.path / name).write_text(content)
        return await self.commit(await self.snapshot())

    async def open(self, tree: str | None = None, head: str | None = None) -> Path:
        return await self.workspace.open(
            self.repository, self.run_id, self.branch, head or self.base, tree or head or self.base
        )


async def start(site: Site, run_id: str = "run-1", branch: str = "faber/1", data: str = "data") -> Started:
    workspace = site.workspace(data)
    base = await workspace.fetch(site.repository)
    path = await workspace.open(site.repository, run_id, branch, base, base)
    return Started(workspace, site.repository, base, path, run_id, branch)


def with_origin(site: Site) -> Site:
    """Both repositories, with a first commit that is pushed."""
    site.git("init", "-q", "--bare", str(site.origin), at=site.root)
    site.git("clone", "-q", str(site.origin), str(site.checkout), at=site.root)
    site.git("checkout", "-q", "-B", "main")
    site.commit({"README.md": "hello\n", "src/a.py": "a = 1\n", ".gitignore": "cache/\n*.log\n"}, "first")
    site.git("push", "-q", "origin", "main")
    return site
