"""What a run leaves on a host is counted, kept where it was asked for, and gone otherwise."""

from __future__ import annotations

import os
import shutil

from tests.adapters.workspace.sites import Site, start


async def test_nothing_is_left_of_a_run_but_what_was_not_committed(site: Site) -> None:
    run = await start(site)
    head = await run.work({"b": "b\n"})
    await run.workspace.open_detached(site.repository, run.run_id, head, name="checks")
    (run.path / "late").write_text("late\n")
    left = await run.workspace.clean(site.repository, run.run_id, quarantine=True)
    assert left["worktree"] == f"{run.path} (removed)"
    assert left["quarantine"] == f"refs/faber/run-1/quarantine in {site.clone()}"
    assert site.in_clone("diff-tree", "-r", "--name-only", head, "refs/faber/run-1/quarantine") == "late"
    assert site.in_clone("worktree", "list", "--porcelain").count("worktree ") == 1
    assert [str(path) for path in site.data.rglob("*") if "run-1" in path.name] == [
        f"{site.clone()}/refs/faber/run-1"
    ]
    assert list((site.data / "trash").iterdir()) == []
    assert await run.workspace.runs() == []
    assert await run.workspace.clean(site.repository, run.run_id, quarantine=True) == {
        "quarantine": left["quarantine"]
    }


async def test_nothing_is_kept_when_everything_was_committed_or_nobody_asked(site: Site) -> None:
    run = await start(site)
    await run.work({"b": "b\n"})
    assert "quarantine" not in await run.workspace.clean(site.repository, run.run_id, quarantine=True)
    other = await start(site, "run-2", "faber/2")
    (other.path / "late").write_text("late\n")
    assert "quarantine" not in await run.workspace.clean(site.repository, other.run_id, quarantine=False)


async def test_a_run_that_had_no_worktree_leaves_nothing(site: Site) -> None:
    workspace = site.workspace()
    await workspace.fetch(site.repository)
    assert await workspace.clean(site.repository, "never", quarantine=True) == {}


async def test_folders_without_permissions_and_links_go_without_harm_to_what_they_point_at(
    site: Site,
) -> None:
    run = await start(site)
    (run.path / "cache" / "deep").mkdir(parents=True)
    (run.path / "cache" / "deep" / "file").write_text("x\n")
    (run.path / "cache" / "out").symlink_to(site.checkout)
    os.chmod(run.path / "cache" / "deep", 0o000)
    os.chmod(run.path / "cache", 0o500)
    await run.workspace.clean(site.repository, run.run_id, quarantine=False)
    assert list((site.data / "trash").iterdir()) == []
    assert (site.checkout / "README.md").exists()


async def test_a_run_is_put_away_although_its_checkout_and_its_origin_are_gone(site: Site) -> None:
    run = await start(site)
    (run.path / "late").write_text("late\n")
    shutil.rmtree(site.checkout)
    shutil.rmtree(site.origin)
    janitor = site.workspace()
    left = await janitor.discard(run.run_id)
    assert set(left) == {"worktree", "quarantine"}
    assert site.git("show", "refs/faber/run-1/quarantine:late", at=site.clone()) == "late"
    assert await janitor.runs() == []
    assert await janitor.discard("never") == {}


async def test_work_that_could_not_be_kept_is_left_where_it_is(site: Site) -> None:
    run = await start(site)
    shutil.rmtree(site.clone())
    left = await site.workspace().discard(run.run_id)
    assert "left as it is: its clone is gone" in left["worktree"]
    assert (run.path / "README.md").exists()


async def test_pruning_forgets_one_runs_snapshots_and_no_other_ones(site: Site) -> None:
    first, second = await start(site), await start(site, "run-1/x", "faber/2")
    for run in (first, second):
        (run.path / "b").write_text("b\n")
        await run.snapshot()
    await first.workspace.prune(site.repository, first.run_id)
    await first.workspace.prune(site.repository, first.run_id)
    assert site.in_clone("for-each-ref", "--format=%(refname)", "refs/faber") == (
        "refs/faber/run-1%2Fx/build/1/1"
    )
