"""Branches and commits: the engine's own word on where a branch is, and what lies between two commits."""

from __future__ import annotations

import os

from adapters.workspace import Change
from adapters.workspace.clone import Clone
from adapters.workspace.git import clean_words
from adapters.workspace.names import branch_ref, engine_ref, refname, sha
from faber.errors import GitError

LARGEST_SHOWN = 1_000_000
LARGEST_DIFF = 5_000_000
LARGEST_ADDED = 20_000_000
MERGED_SUBJECT = "Take the base into the work"


async def set_branch(clone: Clone, branch: str, head_sha: str) -> None:
    """The recorded SHA wins over whatever an agent committed there."""
    refs = (engine_ref(branch), branch_ref(branch))
    updates = "".join(f"update {ref} {sha(head_sha)}\n" for ref in refs).encode()
    arguments = ("update-ref", "--no-deref", "--stdin")
    if (await clone.run(*arguments, stdin=updates, accept=(0, 128))).code:
        in_the_way = [name for ref in refs for name in await _in_the_way(clone, ref)]
        await clone.run(*arguments, stdin="".join(f"delete {name}\n" for name in in_the_way).encode())
        await clone.run(*arguments, stdin=updates)


async def _in_the_way(clone: Clone, ref: str) -> list[str]:
    """What an agent named so that git has no place for `ref`: `refs/heads/faber` beside `refs/heads/faber/1`."""
    parts = ref.split("/")
    above = ["/".join(parts[:length]) for length in range(3, len(parts))]
    below = (await clone.run("for-each-ref", "--format=%(refname)", f"{ref}/")).text.splitlines()
    return [name for name in above if await clone.resolve(name)] + below


async def set_ref(clone: Clone, ref: str, value: str) -> None:
    async with clone.changing_refs():
        await clone.run("update-ref", "--no-deref", "--end-of-options", refname(ref), sha(value))


async def commit(clone: Clone, branch: str, head_sha: str, tree_sha: str, message: str, when: int) -> str:
    tree, merged = await clone.tree(tree_sha), await _merged(clone, head_sha, tree_sha)
    new = head_sha
    if merged or tree != await clone.tree(head_sha):
        new = await clone.commit_tree(tree, [head_sha, *merged], message, when)
    async with clone.changing_refs():
        current = await clone.resolve(engine_ref(branch))
        await set_branch(clone, branch, await _after(clone, branch, current, head_sha, new))
    return new


async def _after(clone: Clone, branch: str, current: str | None, head_sha: str, new: str) -> str:
    """Where the branch belongs. An older attempt, repeating what is done, does not take it back; a run whose
    history was reset to an earlier point does."""
    if current is None or current == head_sha:
        return new
    if await clone.is_ancestor(new, current):
        return current
    if await clone.is_ancestor(head_sha, current):
        return new
    raise GitError(
        f"the branch {branch} is at {current} in {clone.path}, which does not come after {head_sha}: "
        "another run has taken it. Start the run again; it then gets a branch of its own.",
        branch=branch,
        expected=head_sha,
        found=current,
    )


async def _merged(clone: Clone, head_sha: str, tree_sha: str) -> list[str]:
    """The base that was taken into the snapshots of this tree and that the branch does not contain yet."""
    listed = await clone.run(
        *("rev-list", "--first-parent", "--merges", "--format=%P %s", "--no-commit-header"),
        *("--end-of-options", sha(tree_sha), f"^{sha(head_sha)}"),
        accept=(0, 128),
    )
    for line in listed.text.splitlines() if listed.code == 0 else []:
        _, base, subject = line.split(" ", 2)
        if subject == MERGED_SUBJECT and not await clone.is_ancestor(base, head_sha):
            return [base]
    return []


async def changes(clone: Clone, base_sha: str, head_sha: str) -> list[Change]:
    listed = await clone.run(
        *("diff-tree", "-r", "-z", "--name-status", "--find-renames", "--no-textconv", "--no-ext-diff"),
        *("--end-of-options", sha(base_sha), sha(head_sha)),
    )
    fields = iter(listed.stdout.decode(errors="backslashreplace").split("\0"))
    found = []
    for status in fields:
        if not status:
            break
        path, before = next(fields), ""
        if status[0] in "RC":
            path, before = next(fields), path
        found.append(Change(status[0], path, before))
    return found


async def commits(clone: Clone, base_sha: str, head_sha: str) -> list[tuple[str, str]]:
    listed = await clone.run(
        *("log", "--first-parent", "--reverse", "-z", "--format=%H %s"),
        *("--end-of-options", sha(head_sha), f"^{sha(base_sha)}"),
    )
    pairs = (line.partition(" ") for line in listed.text.split("\0") if line)
    return [(found, clean_words(subject)) for found, _, subject in pairs]


async def diff(clone: Clone, base_sha: str, head_sha: str) -> str:
    shown = await clone.run(
        # Beyond this size git says that a file differs, and not how.
        *("-c", f"core.bigFileThreshold={LARGEST_SHOWN}"),
        *("diff-tree", "-p", "-r", "--find-renames", "--no-textconv", "--no-ext-diff", "--no-color"),
        *("--end-of-options", sha(base_sha), sha(head_sha)),
        most=LARGEST_DIFF + 1,
    )
    text = shown.stdout[:LARGEST_DIFF].decode(errors="replace")
    return text if len(shown.stdout) <= LARGEST_DIFF else f"{text}\n[the diff goes on and was cut here]\n"


async def added(clone: Clone, base_sha: str, head_sha: str) -> bytes:
    shown = await clone.run(
        *("diff-tree", "-p", "-r", "--text", "--unified=0", "--no-renames", "--no-textconv", "--no-ext-diff"),
        *("--end-of-options", sha(base_sha), sha(head_sha)),
        most=LARGEST_ADDED,
    )
    return shown.stdout


async def read_at(clone: Clone, commit_sha: str, path: str) -> bytes | None:
    """None as well for a link, a folder and a submodule: they have no bytes of their own."""
    if "\0" in path:
        return None
    listed = await clone.run(
        *("--literal-pathspecs", "ls-tree", "-z", "--full-tree", sha(commit_sha), "--", path),
        accept=(0, 128),
    )
    if listed.code:
        await clone.tree(commit_sha)
        return None
    for entry in listed.stdout.split(b"\0"):
        facts, _, name = entry.partition(b"\t")
        if name == os.fsencode(path) and facts.startswith(b"100"):
            blob = facts.split()[2].decode()
            return (await clone.run("cat-file", "blob", blob)).stdout
    return None
