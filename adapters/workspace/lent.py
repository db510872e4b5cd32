"""The git that a confined coding agent may write: a copy without the objects, thrown away after its session.

Many agents commit what they did, and fail where they cannot. What counts is the files: the engine commits those."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from adapters.processes import Placed

BORROWED = "borrowed-objects"
COPIED = ("HEAD", "config", "packed-refs", "info/attributes")
REFS = ("refs/heads", "refs/remotes", "refs/tags")


def lend(worktree: Path, clone: Path, into: Path) -> tuple[Placed, ...]:
    """What to place so that git works in the worktree and nothing that it writes there reaches the clone. `into` is a
    folder that no agent can replace, by a link or otherwise."""
    shutil.rmtree(into, ignore_errors=True)
    admin = Path((worktree / ".git").read_text(encoding="utf-8").removeprefix("gitdir:").strip())
    for name in (*COPIED, *_files(clone, REFS), *_files(clone, [f"worktrees/{admin.name}"])):
        _copy(clone / name, into / name)
    for name in ("refs", "objects/info", "objects/pack", BORROWED):
        (into / name).mkdir(parents=True, exist_ok=True)
    (into / "objects/info/alternates").write_text(f"{clone / BORROWED}\n", encoding="utf-8")
    return Placed(into, clone), Placed(clone / "objects", clone / BORROWED, writable=False)


def _files(clone: Path, folders: Sequence[str]) -> list[str]:
    return [
        str(Path(root, name).relative_to(clone))
        for folder in folders
        for root, _, names in os.walk(clone / folder)
        for name in names
        if not name.endswith(".lock")
    ]


def _copy(source: Path, target: Path) -> None:
    # Another run of this repository may have moved its refs in between.
    with contextlib.suppress(FileNotFoundError):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
