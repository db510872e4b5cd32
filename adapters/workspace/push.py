"""What leaves this host: exactly one commit to exactly one ref, on the condition that nobody moved it."""

from __future__ import annotations

import re

from adapters.workspace.clone import Clone
from adapters.workspace.git import Ran, failure
from adapters.workspace.names import branch_ref, refname, sha
from faber.errors import GitError, PushRefused

# A person has to mend these: git gives them no exit code of their own.
_NOT_ALLOWED = re.compile(
    r"Authentication failed|could not read (Username|Password)|Permission (to .* )?denied|access denied|"
    r"returned error: 40[13]|[Rr]epository not found|Invalid username or password"
)
# The server took another push to the same ref at the same moment.
_RACE = re.compile(r"cannot lock ref|failed to update ref|reference already exists|incorrect old value")
# No push will ever be taken while that branch is there: `faber` leaves no place for `faber/1`.
_IN_THE_WAY = re.compile(r"'refs/heads/([^']+)' exists; cannot create")


class Moved(PushRefused):
    """The ref on the origin is not where it was expected."""


async def push_ref(clone: Clone, ref: str, value: str, expected: str | None) -> None:
    """Errors: Moved, PushRefused with the origin's words, GitError when it could not be reached."""
    ran = await clone.talk(
        *("push", "--porcelain", "--no-verify", *clone.origin.pushing()),
        f"--force-with-lease={refname(ref)}:{sha(expected) if expected else ''}",
        *("--", clone.origin.push_url, f"{sha(value)}:{ref}"),
        accept=(0, 1, 128),
    )
    if ran.code:
        raise _refusal(clone, ref, ran)


async def push_branch(clone: Clone, branch: str, value: str, expected: str | None) -> None:
    try:
        await push_ref(clone, branch_ref(branch), value, expected)
    except Moved as problem:
        found = await remote_sha(clone, branch_ref(branch))
        if found == value:
            return
        raise Moved(
            f"the branch {branch} of {clone.origin} is at {found or 'no commit'}, not at "
            f"{expected or 'no commit'}: somebody else pushed to it. Look at their commits, then move the "
            f"branch back or delete it. {problem}",
            found=found,
        ) from problem


async def remote_sha(clone: Clone, ref: str) -> str | None:
    ran = await clone.talk("ls-remote", *clone.origin.fetching(), "--", clone.origin.url, refname(ref))
    lines = (line.partition("\t") for line in ran.text.splitlines())
    return next((found for found, _, name in lines if name == ref), None)


def _refusal(clone: Clone, ref: str, ran: Ran) -> GitError:
    said = "\n".join(line.replace("\t", " ") for line in ran.text.splitlines() if line.startswith("!"))
    words = f"{ran.words}\n{said}".strip()
    if found := _IN_THE_WAY.search(words):
        return PushRefused(
            f"{clone.origin} did not take {ref}: its branch {found[1]} leaves no place for that name. "
            f"Rename or delete {found[1]} there. {said}"
        )
    if "(stale info)" in said or (said and _RACE.search(words)):
        return Moved(f"{clone.origin} did not take {ref}: it has moved. {words}")
    if "is currently checked out" in words:
        return PushRefused(
            f"{clone.origin} did not take {ref}, which is checked out there: "
            f"merge the run's branch in that checkout yourself. {said}"
        )
    if said or _NOT_ALLOWED.search(words):
        return PushRefused(f"{clone.origin} did not take {ref}: {words}")
    return failure(("push",), ran)
