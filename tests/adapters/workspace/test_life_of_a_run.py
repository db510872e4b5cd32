"""One run from its base to its merge, through every method in the order in which a run uses them."""

from __future__ import annotations

from pathlib import Path

from adapters.workspace import Change, Claim
from tests.adapters.workspace.sites import WHEN, Site

BRANCH = "faber/12-add-b"
RUN = "faber-demo-12"


async def test_a_run_goes_from_its_base_to_a_merge_on_the_origin(site: Site) -> None:
    workspace, repository = site.workspace(), site.repository
    base = await workspace.fetch(repository)
    assert base == site.git("rev-parse", "HEAD")
    assert await workspace.read_at(repository, base, "src/a.py") == b"a = 1\n"
    assert await workspace.read_at(repository, base, "src/none.py") is None
    claim = Claim(RUN, "first-execution")
    assert await workspace.read_claim(repository, "12") is None
    assert await workspace.write_claim(repository, "12", None, claim) == claim
    assert await workspace.read_claim(repository, "12") == claim

    path = await workspace.open(repository, RUN, BRANCH, base, base)
    assert await workspace.head(repository, BRANCH) == base
    assert site.git("symbolic-ref", "HEAD", at=path) == f"refs/heads/{BRANCH}"
    assert site.git("status", "--porcelain", at=path) == ""
    (path / "src" / "b.py").write_text("b = 2\n")
    turn = await workspace.snapshot(repository, RUN, "build/1/1", base, "build, turn 1", WHEN)
    assert site.in_clone("rev-parse", f"refs/faber/{RUN}/build/1/1") == turn
    tree = await workspace.write_file(
        repository, RUN, BRANCH, base, turn, "docs/spec.md", b"# spec\n", ref="build/1/file", when=WHEN
    )
    head = await workspace.commit(repository, BRANCH, base, tree, "feat: add b", WHEN)
    assert await workspace.head(repository, BRANCH) == head
    assert (path / "docs" / "spec.md").read_text() == "# spec\n"
    assert await workspace.changes(repository, base, head) == [
        Change("A", "docs/spec.md"),
        Change("A", "src/b.py"),
    ]
    assert await workspace.commits(repository, base, head) == [(head, "feat: add b")]
    assert "+b = 2" in await workspace.diff(repository, base, head)
    checked = await workspace.open_detached(repository, RUN, head, name="checks")
    assert site.git("rev-parse", "HEAD", at=checked) == head
    await workspace.close(repository, RUN, name="checks")
    assert not checked.exists()

    moved = site.move_base({"README.md": "hello, you\n"})
    trial = await workspace.merge_trial(repository, head)
    assert (trial.base_sha, trial.clean, trial.conflicts) == (moved, True, ())
    await workspace.push(repository, BRANCH, head, None)
    assert await workspace.remote_head(repository, BRANCH) == head
    merge = await workspace.merge_to_base(repository, BRANCH, head, "Merge the run")
    assert site.git("rev-parse", "main", at=site.origin) == merge
    assert site.git("rev-parse", f"{merge}^1", f"{merge}^2", at=site.origin).split() == [moved, head]
    assert await workspace.merge_to_base(repository, BRANCH, head, "Merge the run") == merge

    assert await workspace.runs() == [RUN]
    (path / "src" / "late.py").write_text("late\n")
    left = await workspace.clean(repository, RUN, quarantine=True)
    assert set(left) == {"worktree", "quarantine"}
    assert site.in_clone("show", f"refs/faber/{RUN}/quarantine:src/late.py") == "late"
    assert await workspace.runs() == []
    assert only_the_clone_is_listed(site, path)
    await workspace.prune(repository, RUN)
    assert site.in_clone("for-each-ref", "refs/faber") == ""


def only_the_clone_is_listed(site: Site, path: Path) -> bool:
    listed = site.in_clone("worktree", "list", "--porcelain")
    return not path.exists() and listed.count("worktree ") == 1
