"""A snapshot has every file that an agent left, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from faber.errors import GitError, ValidationError
from tests.adapters.workspace.sites import WHEN, Site, start


def names(site: Site, commit: str) -> list[str]:
    return site.in_clone("ls-tree", "-r", "--name-only", commit).splitlines()


async def test_the_same_files_at_the_same_time_have_the_same_sha(site: Site) -> None:
    run = await start(site)
    (run.path / "b").write_text("b\n")
    first = await run.snapshot()
    assert await run.snapshot() == first
    again = await start(site, data="second-host")
    (again.path / "b").write_text("b\n")
    assert await again.snapshot() == first
    assert (
        site.in_clone("log", "-1", "--format=%an %ae %at %cn", first) == f"FABER faber@localhost {WHEN} FABER"
    )


async def test_no_change_is_the_parent_itself_under_the_turns_name(site: Site) -> None:
    run = await start(site)
    assert await run.snapshot("build/1/1") == run.base
    assert site.in_clone("rev-parse", "refs/faber/run-1/build/1/1") == run.base


async def test_repositories_that_an_agent_made_inside_are_kept_as_files(site: Site) -> None:
    run = await start(site)
    empty, full = run.path / "new" / "empty", run.path / "full"
    site.git("init", "-q", str(empty), at=run.path)
    (empty / "one.py").write_text("1\n")
    site.git("clone", "-q", str(site.origin), str(full), at=run.path)
    site.git("init", "-q", str(full / "deeper"), at=run.path)
    (full / "deeper" / "two.py").write_text("2\n")
    (full / "changed.py").write_text("not committed there\n")
    site.git("init", "-q", str(run.path / "src"), at=run.path)
    (run.path / "src" / "three.py").write_text("3\n")
    tree = await run.snapshot()
    assert set(names(site, tree)) - {".gitignore", "README.md", "src/a.py"} == {
        *("new/empty/one.py", "full/.gitignore", "full/README.md", "full/src/a.py", "full/changed.py"),
        *("full/deeper/two.py", "src/three.py"),
    }
    assert "160000" not in site.in_clone("ls-tree", "-r", tree)


async def test_a_worktree_whose_git_file_is_a_repository_of_the_agents_is_still_read(site: Site) -> None:
    run = await start(site)
    (run.path / ".git").unlink()
    site.git("init", "-q", at=run.path)
    site.commit({"b": "b\n"}, at=run.path)
    assert "b" in names(site, await run.snapshot())


async def test_line_endings_that_the_base_has_otherwise_than_its_attributes_say_are_nobodys_change(
    site: Site,
) -> None:
    for name in ("a.bat", "b c.txt", "ü.txt", "run.txt"):
        (site.checkout / name).write_bytes(b"one\r\ntwo\r\n")
    site.commit({"old.txt": "old\n"}, "as it was")
    (site.checkout / ".gitattributes").write_text("*.bat text eol=crlf\n*.txt text\n")
    # By its name: `add -A` would convert the others as well.
    site.git("add", ".gitattributes")
    site.git("commit", "-qm", "as it shall be")
    site.git("push", "-q", "origin", "main")
    run = await start(site)
    for path in run.path.glob("*.*"):
        os.utime(path, (WHEN, WHEN))
    assert await run.snapshot() == run.base
    (run.path / "old.txt").write_text("new\n")
    (run.path / "run.txt").chmod(0o755)
    (run.path / "b c.txt").write_bytes(b"one\r\nthree\r\n")
    tree = await run.snapshot()
    changed = await run.workspace.changes(site.repository, run.base, tree)
    assert [change.path for change in changed] == ["b c.txt", "old.txt", "run.txt"]
    assert site.in_clone("diff", "--numstat", run.base, tree, "--", "run.txt").startswith("0\t0")


async def test_what_the_agent_committed_by_itself_is_in_the_snapshot(site: Site) -> None:
    run = await start(site)
    site.commit({"b": "b\n"}, at=run.path)
    assert "b" in names(site, await run.snapshot())


async def test_a_tracked_file_stays_tracked_where_it_is_ignored(site: Site) -> None:
    (site.checkout / "kept.log").write_text("kept\n")
    site.git("add", "-f", "kept.log")
    site.git("commit", "-qm", "a log")
    site.git("push", "-q", "origin", "main")
    run = await start(site)
    (run.path / "other.log").write_text("ignored\n")
    (run.path / "kept.log").write_text("changed\n")
    tree = await run.snapshot()
    assert "kept.log" in names(site, tree) and "other.log" not in names(site, tree)
    assert site.in_clone("show", f"{tree}:kept.log") == "changed"


async def test_a_change_cannot_be_hidden_by_a_bit_in_the_index(site: Site) -> None:
    run = await start(site)
    site.git("update-index", "--assume-unchanged", "src/a.py", at=run.path)
    site.git("update-index", "--skip-worktree", "README.md", at=run.path)
    (run.path / "src" / "a.py").write_text("hidden\n")
    (run.path / "README.md").write_text("hidden\n")
    tree = await run.snapshot()
    assert [change.path for change in await run.workspace.changes(site.repository, run.base, tree)] == [
        "README.md",
        "src/a.py",
    ]


async def test_odd_names_links_and_pipes_do_no_harm(site: Site) -> None:
    run = await start(site)
    odd = ["a\nb", "-rf", "ü ✓", ":(exclude)src", "\x1b[2J", "sp ace/..x", "*"]
    for name in odd:
        (run.path / name).parent.mkdir(exist_ok=True)
        (run.path / name).write_text("x\n")
    Path(os.fsdecode(os.fsencode(run.path) + b"/\xff\xfe")).write_text("x\n")
    os.mkfifo(run.path / "pipe")
    (run.path / "away").symlink_to("/etc")
    tree = await run.snapshot()
    changes = {change.path for change in await run.workspace.changes(site.repository, run.base, tree)}
    assert changes == {*odd, "\\xff\\xfe", "away"}
    assert site.in_clone("ls-tree", tree, "away").startswith("120000 ")


async def test_a_huge_file_is_taken_whole(site: Site) -> None:
    run = await start(site)
    with (run.path / "huge").open("wb") as huge:
        huge.truncate(600_000_000)
    tree = await run.snapshot()
    assert site.in_clone("cat-file", "-s", f"{tree}:huge") == "600000000"


async def test_without_a_worktree_there_is_nothing_to_take(site: Site) -> None:
    run = await start(site)
    await run.workspace.clean(site.repository, run.run_id, quarantine=False)
    with pytest.raises(GitError, match="run-1 has no worktree on this host"):
        await run.snapshot()


async def test_a_file_is_written_into_the_tree_and_never_through_a_link(site: Site) -> None:
    (site.checkout / "docs").symlink_to(site.root / "outside")
    (site.root / "outside").mkdir()
    site.git("add", "-A")
    site.git("commit", "-qm", "a link")
    site.git("push", "-q", "origin", "main")
    run = await start(site)

    async def write(path: str, content: bytes) -> str:
        return await run.workspace.write_file(
            *(site.repository, run.run_id, run.branch, run.base, run.base, path, content),
            ref="spec",
            when=WHEN,
        )

    written = await write("docs/spec.md", b"# spec\n")
    assert await write("docs/spec.md", b"# spec\n") == written
    assert (run.path / "docs" / "spec.md").read_bytes() == b"# spec\n"
    assert not (run.path / "docs").is_symlink()
    assert list((site.root / "outside").iterdir()) == []
    assert await write("README.md", b"hello\n") == run.base
    for path in ("../x", "/etc/x", "a/../../x", "x\x00100644 y", ".git/hooks/x", "./x", ""):
        with pytest.raises(ValidationError, match="is not the path of a file"):
            await write(path, b"x")


async def test_a_snapshot_of_another_host_is_named_when_it_is_missing(site: Site) -> None:
    run = await start(site)
    (run.path / "b").write_text("b\n")
    made = await run.snapshot()
    elsewhere = await start(site, data="second-host")
    with pytest.raises(GitError, match=f"{made} is not in this host's clone"):
        await elsewhere.open(tree=made)
