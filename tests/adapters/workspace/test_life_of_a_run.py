"""One run from its base to its merge, through every method in the order in which a run uses them."""

from __future__ import annotations

from adapters.workspace import Change
from tests.adapters.workspace.sites import WHEN, Site, start

BRANCH = "faber/12-add-b"
RUN = "faber-demo-12"


async def test_a_run_works_from_the_origins_base_to_a_commit_on_its_branch(site: Site) -> None:
    run = await start(site, RUN, BRANCH)
    workspace, repository, base, path = run.workspace, run.repository, run.base, run.path
    assert base == site.git("rev-parse", "HEAD")
    assert await workspace.read_at(repository, base, "src/a.py") == b"a = 1\n"
    assert await workspace.read_at(repository, base, "src/none.py") is None
    assert await workspace.head(repository, BRANCH) == base
    assert site.git("symbolic-ref", "HEAD", at=path) == f"refs/heads/{BRANCH}"
    assert site.git("status", "--porcelain", at=path) == ""
    (path / "src" / "b.py").write_text("b = 2\n")
    turn = await run.snapshot("build/1/1")
    assert site.in_clone("rev-parse", f"refs/faber/{RUN}/build/1/1") == turn
    tree = await workspace.write_file(
        repository, RUN, BRANCH, base, turn, "docs/spec.md", b"# spec\n", ref="build/1/file", when=WHEN
    )
    head = await run.commit(tree, message="feat: add b")
    assert await workspace.head(repository, BRANCH) == head
    assert (path / "docs" / "spec.md").read_text() == "# spec\n"
    added = [Change("A", "docs/spec.md"), Change("A", "src/b.py")]
    assert await workspace.changes(repository, base, head) == added
    assert await workspace.commits(repository, base, head) == [(head, "feat: add b")]
    assert "+b = 2" in await workspace.diff(repository, base, head)


async def test_a_run_is_delivered_onto_a_base_that_moved_meanwhile(site: Site) -> None:
    run = await start(site, RUN, BRANCH)
    workspace, repository = run.workspace, run.repository
    head = await run.work({"src/b.py": "b = 2\n"})
    moved = site.move_base({"README.md": "hello, you\n"})
    trial = await workspace.merge_trial(repository, head)
    assert (trial.base_sha, trial.clean, trial.conflicts) == (moved, True, ())
    assert await workspace.remote_head(repository, BRANCH) is None
    await workspace.push(repository, BRANCH, head, None)
    assert await workspace.remote_head(repository, BRANCH) == head
    merge = await workspace.merge_to_base(repository, BRANCH, head, "Merge the run")
    assert site.git("rev-parse", "main", at=site.origin) == merge
    assert site.git("rev-parse", f"{merge}^1", f"{merge}^2", at=site.origin).split() == [moved, head]
    assert await workspace.merge_to_base(repository, BRANCH, head, "Merge the run") == merge


async def test_checks_get_a_second_worktree_of_the_commit_that_is_made_anew_each_time(site: Site) -> None:
    run = await start(site)
    head = await run.work({"src/b.py": "b = 2\n"})
    for _ in range(2):
        path = await run.workspace.open_detached(site.repository, run.run_id, head, name="checks")
        assert path != run.path
        assert site.git("rev-parse", "HEAD", at=path) == head
        assert site.git("status", "--porcelain", "--ignored", at=path) == ""
        (path / "cache").mkdir()
        (path / "cache" / "left").write_text("by the first checks\n")
        (path / "src" / "b.py").unlink()
    await run.workspace.close(site.repository, run.run_id, name="checks")
    await run.workspace.close(site.repository, run.run_id, name="checks")
    assert not path.exists() and run.path.is_dir()
