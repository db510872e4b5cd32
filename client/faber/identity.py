"""What a run goes by, and who asks: run ids, the caller's repository, the acting person."""

from __future__ import annotations

import getpass
import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

from faber.errors import UsageError

PREFIX = "faber"
LONGEST = 100

# A run id also names a folder and git refs, which refuse more than Temporal does.
_PLAIN = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")


def run_id_of(project: str, work_id: str, *, dry_run: bool = False, tenant: str | None = None) -> str:
    """`faber-<project>-<work_id>`. A dry run is a run of its own: its plan is not the item's result. Two tenants may
    have projects of one name."""
    owned = project if tenant is None else f"{tenant}/{project}"
    run_id = f"{PREFIX}-{_plain(owned)}-{_plain(work_id)}"
    return f"{run_id}-plan" if dry_run else run_id


def _plain(text: str) -> str:
    if _PLAIN.fullmatch(text) and not text.endswith(".lock") and len(text) <= LONGEST:
        return text
    # The digest keeps `a/b` and `a-b` apart.
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{re.sub(r'[^A-Za-z0-9_-]+', '-', text)[:LONGEST].strip('-') or 'x'}-{digest}"


def actor(environment: Mapping[str, str]) -> str:
    """FABER_ACTOR, else the name of the operating system's user."""
    if named := environment.get("FABER_ACTOR", "").strip():
        return named
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def repository_root(where: Path) -> Path | None:
    """The checkout that `where` is in."""
    try:
        folder = where.resolve()
        return next((place for place in (folder, *folder.parents) if _is_git(place / ".git")), None)
    except (OSError, ValueError):
        # Whoever asks from elsewhere may name what no file system has: too long, or with a null byte.
        return None


def _is_git(git: Path) -> bool:
    # Sandboxes leave empty folders of that name behind; a linked worktree has a file.
    return git.is_file() or (git / "HEAD").exists()


def require_repository(where: Path) -> Path:
    """Errors: UsageError."""
    # A mistyped name within another repository would mean that one.
    root = repository_root(where) if os.path.isdir(where) else None
    if root is None:
        raise UsageError(f"{where} is no folder inside a git repository. Go to one, or name it with --repo.")
    return root
