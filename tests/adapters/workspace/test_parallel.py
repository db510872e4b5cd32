"""Many runs in one repository at once, in one worker and in several, each with its own files and its own branch."""

from __future__ import annotations

import asyncio
import random

from adapters.workspace.git_workspace import GitWorkspace
from tests.adapters.workspace.sites import WHEN, Site, start

RUNS = 8


async def whole_run(site: Site, workspace: GitWorkspace, number: int) -> str:
    repository, run_id, branch = site.repository, f"run-{number}", f"faber/{number}"
    base = await workspace.fetch(repository)
    path = await workspace.open(repository, run_id, branch, base, base)
    (path / f"file-{number}").write_text(f"{number}\n")
    tree = await workspace.snapshot(repository, run_id, "build/1/1", base, "a turn", WHEN)
    head = await workspace.commit(repository, branch, base, tree, f"feat: {number}", WHEN)
    await workspace.open_detached(repository, run_id, head, name="checks")
    await workspace.close(repository, run_id, name="checks")
    await workspace.push(repository, branch, head, None)
    merge = await workspace.merge_to_base(repository, branch, head, f"merge {number}")
    await workspace.clean(repository, run_id, quarantine=True)
    return merge


async def test_eight_runs_in_one_repository_each_deliver_their_own_change(site: Site) -> None:
    # Two workspaces on one folder are two worker processes to the locks: only files are between them.
    workers = [site.workspace(), site.workspace()]
    merges = await asyncio.gather(*(whole_run(site, workers[number % 2], number) for number in range(RUNS)))
    assert len(set(merges)) == RUNS
    delivered = site.git("ls-tree", "--name-only", "main", at=site.origin).splitlines()
    assert [name for name in delivered if name.startswith("file-")] == [f"file-{n}" for n in range(RUNS)]
    assert await workers[0].runs() == []
    assert site.in_clone("worktree", "list", "--porcelain").count("worktree ") == 1
    assert site.in_clone("fsck", "--no-dangling") == ""


async def test_runs_that_are_cancelled_at_any_moment_end_at_once_and_can_be_done_again(site: Site) -> None:
    workspace, chance = site.workspace(), random.Random(5)
    for attempt in range(6):
        numbers = range(attempt * RUNS, (attempt + 1) * RUNS)
        tasks = [asyncio.create_task(whole_run(site, workspace, number)) for number in numbers]
        await asyncio.wait(tasks, timeout=chance.uniform(0, 2))
        for task in tasks:
            task.cancel()
        _, hanging = await asyncio.wait(tasks, timeout=10)
        assert not hanging
    merges = await asyncio.gather(*(whole_run(site, workspace, number) for number in range(100, 100 + RUNS)))
    assert len(set(merges)) == RUNS
    assert site.in_clone("fsck", "--no-dangling") == ""


async def test_opening_the_same_worktree_twice_at_once_leaves_it_whole(site: Site) -> None:
    run = await start(site)
    head = await run.work({f"file-{number}": "x\n" for number in range(50)})
    second = site.workspace()
    await asyncio.gather(
        *(run.open(head=head) for _ in range(4)),
        *(second.open(site.repository, run.run_id, run.branch, head, head) for _ in range(4)),
    )
    assert site.git("status", "--porcelain", at=run.path) == ""
