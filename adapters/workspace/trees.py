"""From the files of a worktree to a git tree and back, through an index that only the engine writes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import uuid
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from adapters.workspace.clone import Clone
from adapters.workspace.git import Ran
from adapters.workspace.removal import empty, make_readable, make_writable
from faber.errors import GitError, ValidationError

_ENDS_LINE = frozenset(b"\r\n")


@dataclass(frozen=True)
class Files:
    """The files in `root`. `index` lies outside of it: an agent cannot hide a change by a bit in an index."""

    clone: Clone
    root: Path
    index: Path
    trash: Path

    async def git(
        self, *arguments: str, index: Path | None = None, stdin: bytes = b"", accept: Collection[int] = (0,)
    ) -> Ran:
        return await self.clone.git.run(
            f"--git-dir={self.clone.path}",
            f"--work-tree={self.root}",
            *arguments,
            cwd=self.root,
            stdin=stdin,
            accept=accept,
            env={"GIT_INDEX_FILE": str(index or self.index)},
        )

    async def reset(self, tree: str) -> None:
        """Exactly the files of the tree; ignored files stay, unless what is in the way cannot be removed else."""
        self.index.with_name(self.index.name + ".lock").unlink(missing_ok=True)
        try:
            await self._lay_out(tree)
        except GitError:
            await asyncio.to_thread(self._start_over)
            await self._lay_out(tree)

    async def _lay_out(self, tree: str) -> None:
        await self.git("read-tree", "--reset", "-u", tree)
        # Twice -f: also repositories that were made inside.
        await self.git("clean", "-ffdq")

    def _start_over(self) -> None:
        """Git gives up on folders that are deeper than a path can be, or that may not be written."""
        self.index.unlink(missing_ok=True)
        self.trash.mkdir(parents=True, exist_ok=True)
        for entry in self.root.iterdir():
            if entry.name != ".git":
                make_writable(entry)
                entry.rename(self.trash / uuid.uuid4().hex)
        empty(self.trash)

    async def written(self, parent_tree: str) -> str:
        """The tree of the files as they are now. What `parent_tree` has stays tracked, ignored or not."""
        async with self._scratch() as index:
            await self.git("read-tree", "--reset", parent_tree, index=index)
            embedded = await self._embedded(index)
            excluded = [b":(exclude,top,literal)" + path for path in embedded]
            await self._add(index, b"\0".join([b":(top)", *excluded]))
            for path in embedded:
                await self._add_embedded(index, path)
            tree = (await self.git("write-tree", index=index)).text
            if tree == parent_tree or not (untouched := await self._untouched(index, parent_tree)):
                return tree
            await self.git("update-index", "-z", "--index-info", index=index, stdin=b"".join(untouched))
            return (await self.git("write-tree", index=index)).text

    async def _untouched(self, index: Path, parent_tree: str) -> list[bytes]:
        """The parent's entries of files that only git changed: where attributes that came after a file ask for other
        line endings, each file that git looks at again is one that somebody changed."""
        raw = ("diff-index", "--cached", "--raw", "-z", "--no-abbrev", "--no-renames", "--diff-filter=M")
        fields = (await self.git(*raw, parent_tree, index=index)).stdout.split(b"\0")
        pairs = zip(fields[::2], fields[1::2], strict=False)
        # One name a line is asked for, so a name that is more than a line, or is quoted, cannot be.
        changed = [
            (facts.split(), path) for facts, path in pairs if not (_ENDS_LINE & set(path) or path[:1] == b'"')
        ]
        files = [(facts, path) for facts, path in changed if facts[1].startswith(b"100")]
        paths = b"".join(path + b"\n" for _, path in files)
        hashed = await self.git("hash-object", "--no-filters", "--stdin-paths", stdin=paths)
        found = zip(files, hashed.stdout.split(), strict=True)
        return [b"%s %s\t%s\0" % (facts[1], now, path) for (facts, path), now in found if now == facts[2]]

    async def _add(self, index: Path, pathspecs: bytes) -> None:
        arguments = ("add", "--all", "--pathspec-from-file=-", "--pathspec-file-nul")
        try:
            await self.git(*arguments, index=index, stdin=pathspecs)
        except GitError:
            if not await asyncio.to_thread(make_readable, self.root):
                raise
            await self.git(*arguments, index=index, stdin=pathspecs)

    async def with_file(self, tree: str, path: str, content: bytes) -> str:
        """`tree` with one file more, or another content of it; nothing is written outside git."""
        parts = PurePosixPath(path).parts
        if not parts or "\0" in path or {"/", "..", ".git"} & set(parts) or "/".join(parts) != path:
            raise ValidationError(f"{path!r} is not the path of a file in a repository")
        blob = (await self.clone.run("hash-object", "-w", "--stdin", stdin=content)).text
        async with self._scratch() as index:
            await self.git("read-tree", "--reset", tree, index=index)
            await self.git(
                *("update-index", "--add", "--replace", "--cacheinfo", f"100644,{blob},{path}"), index=index
            )
            return (await self.git("write-tree", index=index)).text

    async def _embedded(self, index: Path) -> list[bytes]:
        """Repositories that an agent made or cloned inside: git lists them as folders."""
        return [path for path in await self._untracked(index) if path.endswith(b"/")]

    async def _untracked(self, index: Path) -> list[bytes]:
        listed = await self.git("ls-files", "-z", "--others", "--exclude-standard", index=index)
        return [path for path in listed.stdout.split(b"\0") if path]

    async def _add_embedded(self, index: Path, folder: bytes) -> None:
        """Its files, as if its `.git` were not there: a link to a commit that nobody has would lose them."""
        inside = Files(self.clone, self.root / os.fsdecode(folder), index, self.trash)
        missing = index.with_name(f"{index.name}.none")
        found = await inside._untracked(missing)
        files = [folder + path for path in found if not path.endswith(b"/")]
        stdin = b"".join(path + b"\0" for path in files)
        await self.git("update-index", "--add", "--replace", "-z", "--stdin", index=index, stdin=stdin)
        for path in found:
            if path.endswith(b"/"):
                await self._add_embedded(index, folder + path)

    @contextlib.asynccontextmanager
    async def _scratch(self) -> AsyncIterator[Path]:
        """A copy of the index: what it knows of unchanged files saves reading them."""
        scratch = self.index.with_name(f"{self.index.name}.{uuid.uuid4().hex}")
        try:
            with contextlib.suppress(FileNotFoundError):
                shutil.copy2(self.index, scratch)
            yield scratch
        finally:
            scratch.unlink(missing_ok=True)
