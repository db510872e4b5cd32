"""Git: the engine's own bare clone of a repository, and the worktrees in which runs work."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Repository:
    """The repository that a run works on: a checkout on this host, or a URL to clone from.

    With a checkout, the *origin* is its remote `origin`, or the checkout itself when it has no remote."""

    checkout: Path | None
    url: str | None
    default_branch: str


@dataclass(frozen=True)
class Claim:
    """Who holds a work item. `outcome` is empty while the run is open, then completed, failed, cancelled."""

    run_id: str
    first_execution_run_id: str
    outcome: str = ""
    pr_url: str = ""


@dataclass(frozen=True)
class Change:
    """One changed file: `status` is git's letter (A M D R T), `path` its (new) one in the repository; `before` is
    the old one of a renamed file."""

    status: str
    path: str
    before: str = ""


@dataclass(frozen=True)
class MergeTrial:
    """A merge tried without touching any branch, against the base as the origin has it now."""

    base_sha: str
    clean: bool
    conflicts: tuple[str, ...] = ()


class Workspace(Protocol):
    """Every method is idempotent and safe to repeat after a kill at any point.

    Errors: faber.errors.GitError with git's own words, worth trying again; PushRefused when the origin did
    not take a push; ConfigurationError for a checkout, URL or default branch that is not there;
    ValidationError for a SHA or name that git does not take; ToolMissing without a git that is new enough."""

    async def fetch(self, repository: Repository) -> str:
        """Make or refresh the bare clone; returns the SHA of the default branch as the origin has it now."""
        ...

    async def origin(self, repository: Repository) -> str | None:
        """The URL or path of the repository's remote, None when it has none and is its own origin."""
        ...

    async def read_at(self, repository: Repository, sha: str, path: str) -> bytes | None:
        """A file's bytes at a commit, None when it is not there."""
        ...

    async def is_tracked(self, repository: Repository, path: str) -> bool:
        """Whether the branch that is checked out in the checkout has that file."""
        ...

    async def read_claim(self, repository: Repository, work_id: str) -> Claim | None: ...

    async def write_claim(
        self, repository: Repository, work_id: str, expected: Claim | None, claim: Claim
    ) -> Claim:
        """Compare-and-swap of the claim's ref in the origin. Returns the claim that stands afterwards:
        another one than `claim` means that somebody else was first."""
        ...

    async def open(
        self,
        repository: Repository,
        run_id: str,
        branch: str,
        head_sha: str,
        tree_sha: str,
        *,
        name: str = "work",
        keep: bool = False,
    ) -> Path:
        """The run's worktree, made when it is missing, its files exactly those of `tree_sha` (ignored files
        stay), its branch at `head_sha`, the recorded one, whatever an agent committed there. `keep` leaves
        the files of a worktree that exists as they are: the session that wrote them goes on."""
        ...

    async def open_detached(self, repository: Repository, run_id: str, sha: str, *, name: str) -> Path:
        """A clean second worktree of exactly that commit, for checks; made anew at every call."""
        ...

    async def close(self, repository: Repository, run_id: str, *, name: str) -> None: ...

    async def snapshot(
        self, repository: Repository, run_id: str, ref: str, parent_sha: str, message: str, when: int
    ) -> str:
        """Commit the worktree's tree on top of `parent_sha` under `refs/faber/<run>/<ref>`; returns the SHA
        (`parent_sha` itself when nothing changed). `when` (Unix seconds) makes the SHA repeatable."""
        ...

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
        """The worktree as in `open` with one file more, or another content of it, as a snapshot under
        `refs/faber/<run>/<ref>`; returns its SHA. No link in the tree is followed."""
        ...

    async def commit(
        self, repository: Repository, branch: str, head_sha: str, tree_sha: str, message: str, when: int
    ) -> str:
        """Advance the branch from `head_sha` by one commit with the tree of `tree_sha`; returns the new head
        (`head_sha` itself when the tree is the same). Repeating it gives the same SHA. When `merge_into` took
        the base into the snapshots that `tree_sha` stands on, the base becomes the commit's second parent."""
        ...

    async def head(self, repository: Repository, branch: str) -> str | None:
        """Where the engine put the branch in its clone, None when it never did. Commits that an agent made on
        it by itself do not count."""
        ...

    async def changes(self, repository: Repository, base_sha: str, head_sha: str) -> list[Change]: ...

    async def commits(self, repository: Repository, base_sha: str, head_sha: str) -> list[tuple[str, str]]:
        """(SHA, subject) of each commit of the branch, oldest first."""
        ...

    async def diff(self, repository: Repository, base_sha: str, head_sha: str) -> str:
        """A unified diff that no textconv or external driver can colour or hide. Of a file beyond 1 MB only that
        it changed; the whole is cut after 5 MB, and says so."""
        ...

    async def added(self, repository: Repository, base_sha: str, head_sha: str) -> bytes:
        """What the work brings in, binary files too: the beginning of it, up to 20 MB."""
        ...

    async def merge_trial(self, repository: Repository, head_sha: str) -> MergeTrial: ...

    async def merge_into(self, repository: Repository, run_id: str, head_sha: str, base_sha: str) -> str:
        """Leave the worktree as the merge of the base into the work, conflict markers included; returns the
        snapshot's SHA, so that a build round can resolve it."""
        ...

    async def push(self, repository: Repository, branch: str, sha: str, expected: str | None) -> None:
        """Push exactly that commit to the branch on the origin (`--force-with-lease` on `expected`)."""
        ...

    async def remote_head(self, repository: Repository, branch: str) -> str | None: ...

    async def merge_to_base(self, repository: Repository, branch: str, head_sha: str, message: str) -> str:
        """Merge into the default branch on the origin, provided that the branch there is at `head_sha`;
        returns the merge commit's SHA, also when it was merged already. A conflict or a moved branch:
        PushRefused."""
        ...

    async def clean(self, repository: Repository, run_id: str, *, quarantine: bool) -> dict[str, str]:
        """Remove the run's worktrees. With `quarantine`, what was not committed is first kept under
        `refs/faber/<run>/quarantine`. Returns what went and what was kept, and where, each only when there is
        such a thing: {"worktree": ..., "quarantine": ...}."""
        ...

    async def discard(self, run_id: str) -> dict[str, str]:
        """`clean` with quarantine, for a run of which only its worktree on this host is known. Works without
        the checkout and without the origin."""
        ...

    async def prune(self, repository: Repository, run_id: str) -> None:
        """Forget the run's snapshots and what was kept in quarantine: all of `refs/faber/<run>/`."""
        ...

    async def runs(self) -> list[str]:
        """Run ids that have worktrees on this host, for the janitor."""
        ...
