"""The engine's word on a branch is the recorded one, and what lies between two commits is told in full."""

from __future__ import annotations

import pytest

from adapters.workspace import Change
from faber.errors import GitError
from tests.adapters.workspace.sites import WHEN, Site, start


async def test_a_repeated_commit_has_the_same_sha_and_an_unchanged_tree_makes_none(site: Site) -> None:
    run = await start(site)
    head = await run.work({"b": "b\n"})
    tree = await run.snapshot()
    assert await run.commit(tree) == head
    assert await run.commit(run.base) == run.base
    assert await run.workspace.head(site.repository, run.branch) == head


async def test_commits_of_the_agent_on_the_branch_do_not_stop_the_engines(site: Site) -> None:
    run = await start(site)
    site.commit({"b": "b\n"}, "the agent's own", at=run.path)
    site.git("commit", "-q", "--amend", "-m", "again", at=run.path)
    assert await run.workspace.head(site.repository, run.branch) == run.base
    head = await run.commit(await run.snapshot())
    assert await run.workspace.commits(site.repository, run.base, head) == [(head, "feat: work")]
    assert site.in_clone("rev-parse", f"refs/heads/{run.branch}") == head
    assert site.git("status", "--porcelain", at=run.path) == ""


@pytest.mark.parametrize("blocking", ["refs/heads/faber", "refs/engine/faber", "refs/heads/faber/1/mine"])
async def test_names_that_an_agent_took_do_not_keep_a_branch_from_its_place(
    site: Site, blocking: str
) -> None:
    run = await start(site)
    site.git("checkout", "-q", "--detach", at=run.path)
    for space in ("heads", "engine"):
        site.git("update-ref", "-d", f"refs/{space}/{run.branch}", at=run.path)
    site.git("update-ref", blocking, "HEAD", at=run.path)
    head = await run.work({"b": "b\n"})
    assert await run.workspace.head(site.repository, run.branch) == head
    assert site.in_clone("rev-parse", f"refs/heads/{run.branch}") == head
    await run.workspace.push(site.repository, run.branch, head, None)
    other = await start(site, run_id="run-2", branch="faber/2")
    assert await other.workspace.head(site.repository, other.branch) == run.base


async def test_an_older_attempt_that_repeats_its_commit_does_not_take_the_branch_back(site: Site) -> None:
    run = await start(site)
    (run.path / "b").write_text("b\n")
    tree = await run.snapshot()
    first = await run.commit(tree)
    (run.path / "c").write_text("c\n")
    second = await run.commit(await run.snapshot("build/2", first), first)
    assert await run.commit(tree) == first
    assert await run.workspace.head(site.repository, run.branch) == second


async def test_a_history_that_was_reset_to_an_earlier_point_goes_on_from_there(site: Site) -> None:
    run = await start(site)
    await run.work({"b": "b\n"})
    await run.open()
    (run.path / "c").write_text("c\n")
    head = await run.commit(await run.snapshot("build/2"))
    assert await run.workspace.head(site.repository, run.branch) == head
    assert [change.path for change in await run.workspace.changes(site.repository, run.base, head)] == ["c"]


async def test_a_branch_that_another_run_took_is_not_moved(site: Site) -> None:
    run = await start(site)
    head = await run.work({"b": "b\n"})
    other = await start(site, run_id="run-2")
    (other.path / "c").write_text("c\n")
    theirs = await other.commit(await other.snapshot())
    with pytest.raises(GitError, match="another run has taken it"):
        await run.commit(run.base, head)
    assert await run.workspace.head(site.repository, run.branch) == theirs


async def test_the_head_of_an_unknown_branch_is_none(site: Site) -> None:
    assert await site.workspace().head(site.repository, "never/made") is None


async def test_changes_name_what_was_added_modified_deleted_and_renamed(site: Site) -> None:
    site.commit({"long.txt": "line\n" * 40, "gone.txt": "gone\n"})
    site.git("push", "-q", "origin", "main")
    run = await start(site)
    (run.path / "long.txt").rename(run.path / "moved.txt")
    (run.path / "gone.txt").unlink()
    (run.path / "README.md").unlink()
    (run.path / "README.md").symlink_to("moved.txt")
    head = await run.work({"new.txt": "new\n", "src/a.py": "a = 2\n"})
    assert await run.workspace.changes(site.repository, run.base, head) == [
        Change("T", "README.md"),
        Change("D", "gone.txt"),
        Change("R", "moved.txt", before="long.txt"),
        Change("A", "new.txt"),
        Change("M", "src/a.py"),
    ]
    assert "rename to moved.txt" in await run.workspace.diff(site.repository, run.base, head)


async def test_commits_are_told_oldest_first_without_what_a_terminal_would_obey(site: Site) -> None:
    run = await start(site)
    first = await run.commit(await run.work({"b": "b\n"}), message="one\n\nbody")
    (run.path / "c").write_text("c\n")
    tree = await run.snapshot("build/2", first)
    second = await run.commit(tree, first, "two \x1b[31mred\x07\0 $(touch x) ✓")
    assert await run.workspace.commits(site.repository, first, second) == [(second, "two red $(touch x) ✓")]
    all_of_them = await run.workspace.commits(site.repository, run.base, second)
    assert [sha for sha, _ in all_of_them][-1] == second and len(all_of_them) == 2


async def test_a_file_is_read_as_it_was_at_the_commit_and_links_have_no_bytes(site: Site) -> None:
    (site.checkout / "link").symlink_to("README.md")
    (site.checkout / "bin").write_bytes(b"\x00\xff")
    base = site.commit({"README.md": "second\n"})
    site.git("push", "-q", "origin", "main")
    run = await start(site)
    assert run.base == base
    read = run.workspace.read_at
    assert await read(site.repository, base, "bin") == b"\x00\xff"
    assert await read(site.repository, base, "link") is None
    assert await read(site.repository, base, "README.md") == b"second\n"
    with pytest.raises(GitError, match="is not in this host's clone"):
        await read(site.repository, "1" * 40, "README.md")


async def test_a_commit_that_the_clone_does_not_have_is_named(site: Site) -> None:
    run = await start(site)
    with pytest.raises(GitError, match=f"{'1' * 40} is not in this host's clone"):
        await run.workspace.commit(site.repository, run.branch, "1" * 40, run.base, "m", WHEN)
