"""The engine's own bare clone of a repository: its configuration is ours, whatever an agent did to it."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Collection
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from adapters.workspace.git import Git, Ran, clean_words
from adapters.workspace.locks import Locks
from adapters.workspace.names import base_ref, branch_ref, sha
from adapters.workspace.origin import Origin
from faber.errors import ConfigurationError, GitError

# Of what .gitattributes says, these never count, also for the git of an agent in its worktree: a filter runs a
# program, `-diff` hides a change from its reviewer (git 2.43 began to read it in bare clones), an encoding that a
# file is not in fails every snapshot, and `ident` writes into files.
ATTRIBUTES = "* -filter !diff !working-tree-encoding -ident\n"
CONFIGURATION = """
[core]
	hooksPath = /dev/null
	fsmonitor = false
[gc]
	auto = 0
[maintenance]
	auto = false
[user]
	name = FABER
	email = faber@localhost
"""


@dataclass(frozen=True)
class Clone:
    git: Git
    locks: Locks
    path: Path
    origin: Origin
    default_branch: str

    async def run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        accept: Collection[int] = (0,),
        when: int = 0,
        most: int | None = None,
    ) -> Ran:
        """A command without a worktree. `when` (Unix seconds) dates a commit."""
        stamp = f"@{when} +0000"
        dates = {"GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp}
        return await self.git.run(
            f"--git-dir={self.path}",
            *arguments,
            cwd=self.path,
            stdin=stdin,
            accept=accept,
            env=dates,
            most=most,
        )

    async def talk(self, *arguments: str, accept: Collection[int] = (0,)) -> Ran:
        """A command that reaches the origin."""
        return await self.git.run(
            f"--git-dir={self.path}",
            *arguments,
            accept=accept,
            network=True,
            credentials=not self.origin.here,
        )

    @property
    def _pristine(self) -> Path:
        """A copy of the configuration as it was made, beside the clone."""
        return self.path.with_suffix(".config")

    def changing_refs(self) -> AbstractAsyncContextManager[None]:
        return self.locks.hold(self.path.with_suffix(".refs.lock"))

    async def resolve(self, name: str) -> str | None:
        """The SHA of a full refname or an expression on SHAs, None when there is no such thing here."""
        ran = await self.run("rev-parse", "--verify", "--quiet", "--end-of-options", name, accept=(0, 1, 128))
        return ran.text if ran.code == 0 else None

    async def tree(self, name: str) -> str:
        """The tree of a commit or tree. Errors: GitError when this host does not have it."""
        found = await self.resolve(f"{sha(name)}^{{tree}}")
        if found is None:
            raise GitError(
                f"{name} is not in this host's clone {self.path} of {self.origin}: "
                "it was made on another host, or its refs were pruned. Retry the run from an earlier phase."
            )
        return found

    async def fetched_tree(self, name: str) -> str:
        """The tree of a commit that the origin may have got since the clone was last refreshed."""
        try:
            return await self.tree(name)
        except GitError:
            await self.fetch()
            return await self.tree(name)

    async def is_ancestor(self, older: str, newer: str) -> bool:
        ran = await self.run("merge-base", "--is-ancestor", older, newer, accept=(0, 1))
        return ran.code == 0

    async def commit_tree(self, tree: str, parents: list[str], message: str, when: int) -> str:
        options = [part for parent in parents for part in ("-p", sha(parent))]
        said = message.replace("\0", "").encode(errors="replace")
        return (await self.run("commit-tree", *options, "-F", "-", tree, stdin=said, when=when)).text

    async def fetch(self) -> str:
        """Make or refresh the clone; the SHA of the default branch as the origin has it now."""
        branch = self.default_branch
        wanted, kept = branch_ref(branch), base_ref(branch)
        async with self.locks.hold(self.path.with_suffix(".fetch.lock")):
            if not self.path.is_dir():
                await self._create()
            self.restore()
            ran = await self.talk(
                *("fetch", "--quiet", "--no-write-fetch-head", "--no-auto-maintenance", "--update-shallow"),
                *("--no-recurse-submodules", *self.origin.fetching()),
                *("--", self.origin.url, f"+{wanted}:{kept}"),
                accept=(0, 1, 128),
            )
            if ran.code:
                await self._explain(wanted, ran)
            found = await self.resolve(kept)
        if found is None:
            raise GitError(f"{self.origin} was fetched, but its branch {branch} is not here: {ran.words}")
        return found

    def restore(self) -> None:
        """Put back what decides which programs git runs, should an agent have changed it."""
        _restore(self.path / "config", self._pristine.read_bytes())
        _restore(self.path / "info" / "attributes", ATTRIBUTES.encode())
        with contextlib.suppress(FileNotFoundError):
            (self.path / "info" / "exclude").unlink()

    async def _create(self) -> None:
        await self.git.check_version()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        heads = await self.heads(self.path.parent)
        if not heads:
            raise self._no_commit()
        form = "sha256" if len(next(iter(heads.values()))) == 64 else "sha1"
        making = self.path.with_name(f"making-{uuid.uuid4().hex}")
        try:
            await self.git.run(
                "init", "--quiet", "--bare", "--template=", f"--object-format={form}", "--", str(making)
            )
            configuration = (making / "config").read_bytes() + CONFIGURATION.encode()
            (making / "config").write_bytes(configuration)
            write_whole(self._pristine, configuration)
            (making / "info").mkdir(exist_ok=True)
            making.rename(self.path)
        finally:
            shutil.rmtree(making, ignore_errors=True)

    async def heads(self, cwd: Path) -> dict[str, str]:
        """Every branch of the origin with its SHA."""
        ran = await self.git.run(
            *("ls-remote", "--heads", *self.origin.fetching(), "--", self.origin.url),
            cwd=cwd,
            network=True,
            credentials=not self.origin.here,
        )
        return {name: found for found, _, name in (line.partition("\t") for line in ran.text.splitlines())}

    def _no_commit(self) -> ConfigurationError:
        return ConfigurationError(
            f"the repository {self.origin} has no commit yet: make one, then start again"
        )

    async def _explain(self, wanted: str, ran: Ran) -> None:
        """Errors: ConfigurationError when the origin answers and has no such branch, else git's own words."""
        heads = await self.heads(self.path)
        if wanted in heads:
            raise GitError(f"git fetch of {self.origin} failed (exit code {ran.code}): {ran.words}")
        if not heads:
            raise self._no_commit()
        names = [clean_words(name.removeprefix("refs/heads/")) for name in heads]
        listed = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
        raise ConfigurationError(
            f"{self.origin} has no branch {self.default_branch!r} (repo.default_branch); it has: {listed}"
        )


def _restore(path: Path, wanted: bytes) -> None:
    if not path.is_symlink() and path.is_file() and path.read_bytes() == wanted:
        return
    write_whole(path, wanted)


def write_whole(path: Path, content: bytes) -> None:
    """All of it or nothing, and never through a link that stands in the file's place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    making = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    try:
        making.write_bytes(content)
        os.replace(making, path)
    finally:
        making.unlink(missing_ok=True)
