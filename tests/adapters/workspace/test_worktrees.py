"""Opening a worktree mends whatever a kill, an agent or a person left of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.adapters.workspace.sites import Site, Started, start


def files(path: Path) -> dict[str, str]:
    found = (entry for entry in path.rglob("*") if entry.is_file() and entry.name != ".git")
    return {str(entry.relative_to(path)): entry.read_text() for entry in found}


def admin(run: Started) -> Path:
    return Path((run.path / ".git").read_text().removeprefix("gitdir: ").strip())


def lose_the_folder(site: Site, run: Started) -> None:
    shutil.rmtree(run.path)


def lose_the_folder_and_what_git_knows_of_it(site: Site, run: Started) -> None:
    shutil.rmtree(run.path)
    site.in_clone("worktree", "prune", "--expire", "now")


def leave_locks(site: Site, run: Started) -> None:
    for name in ("index.lock", "HEAD.lock"):
        (admin(run) / name).write_text("")
    (run.path.parent / "work.index.lock").write_text("")


def tear_the_admin_folder(site: Site, run: Started) -> None:
    for name in ("HEAD", "commondir", "index"):
        (admin(run) / name).unlink()


def empty_the_index(site: Site, run: Started) -> None:
    (run.path.parent / "work.index").unlink()


def make_it_a_repository(site: Site, run: Started) -> None:
    (run.path / ".git").unlink()
    site.git("init", "-q", at=run.path)
    site.commit({"in": "its own\n"}, at=run.path)


def link_git_elsewhere(site: Site, run: Started) -> None:
    (run.path / ".git").unlink()
    (run.path / ".git").symlink_to(site.checkout / ".git")


def check_out_another_branch(site: Site, run: Started) -> None:
    site.git("checkout", "-q", "-b", "mine", at=run.path)
    site.commit({"src/a.py": "mine\n"}, at=run.path)


def commit_on_the_branch(site: Site, run: Started) -> None:
    site.commit({"src/a.py": "the agent's\n", "more": "more\n"}, at=run.path)


def amend_and_detach(site: Site, run: Started) -> None:
    site.git("commit", "-q", "--amend", "-m", "rewritten", at=run.path)
    site.git("checkout", "-q", "--detach", at=run.path)


def replace_a_folder_by_a_link(site: Site, run: Started) -> None:
    shutil.rmtree(run.path / "src")
    (run.path / "src").symlink_to(site.checkout / "src")
    (site.checkout / "src" / "a.py").write_text("the user's own\n")


def replace_everything_by_a_link(site: Site, run: Started) -> None:
    shutil.rmtree(run.path)
    run.path.symlink_to(site.checkout)


def hide_a_change_from_the_index(site: Site, run: Started) -> None:
    (run.path / "src" / "a.py").write_text("hidden\n")
    site.git("update-index", "--assume-unchanged", "src/a.py", at=run.path)
    site.git("update-index", "--skip-worktree", "README.md", at=run.path)
    (run.path / "README.md").unlink()


def leave_repositories_inside(site: Site, run: Started) -> None:
    site.git("init", "-q", str(run.path / "vendored"), at=run.path)
    site.git("clone", "-q", str(site.origin), str(run.path / "cloned"), at=run.path)


def delete_the_branch(site: Site, run: Started) -> None:
    site.in_clone("update-ref", "-d", f"refs/heads/{run.branch}")


def write_junk(site: Site, run: Started) -> None:
    (run.path / "junk" / "deep").mkdir(parents=True)
    (run.path / "junk" / "deep" / "file").write_text("junk\n")
    (run.path / "src" / "a.py").unlink()
    (run.path / "src" / "a.py").mkdir()
    (run.path / "README.md").chmod(0o755)


@pytest.mark.parametrize(
    "harm",
    [
        lose_the_folder,
        lose_the_folder_and_what_git_knows_of_it,
        leave_locks,
        tear_the_admin_folder,
        empty_the_index,
        make_it_a_repository,
        link_git_elsewhere,
        check_out_another_branch,
        commit_on_the_branch,
        amend_and_detach,
        replace_a_folder_by_a_link,
        replace_everything_by_a_link,
        hide_a_change_from_the_index,
        leave_repositories_inside,
        delete_the_branch,
        write_junk,
    ],
)
async def test_opening_gives_exactly_the_files_of_the_tree_again(
    site: Site, harm: Callable[[Site, Started], None]
) -> None:
    run = await start(site)
    expected = files(run.path)
    harm(site, run)
    users = files(site.checkout / "src")
    assert await run.open() == run.path
    assert files(run.path) == expected
    assert files(site.checkout / "src") == users
    assert not run.path.is_symlink()
    assert site.git("symbolic-ref", "HEAD", at=run.path) == f"refs/heads/{run.branch}"
    assert site.git("rev-parse", "HEAD", at=run.path) == run.base
    assert site.git("status", "--porcelain", at=run.path) == ""
    assert site.git("ls-files", "-v", at=run.path).splitlines() == [
        "H .gitignore",
        "H README.md",
        "H src/a.py",
    ]


async def test_ignored_files_stay_because_they_are_dear_to_make_again(site: Site) -> None:
    run = await start(site)
    (run.path / "cache").mkdir()
    (run.path / "cache" / "big").write_text("dear\n")
    await run.open()
    assert (run.path / "cache" / "big").read_text() == "dear\n"


async def test_a_session_that_goes_on_finds_its_files_as_it_left_them(site: Site) -> None:
    run = await start(site)
    (run.path / "half").write_text("done\n")
    await run.workspace.open(site.repository, run.run_id, run.branch, run.base, run.base, keep=True)
    assert (run.path / "half").read_text() == "done\n"
    shutil.rmtree(run.path)
    await run.workspace.open(site.repository, run.run_id, run.branch, run.base, run.base, keep=True)
    assert (run.path / "README.md").is_file()


async def test_a_worktree_goes_back_to_an_earlier_turn_and_forth_again(site: Site) -> None:
    run = await start(site)
    (run.path / "one").write_text("1\n")
    first = await run.snapshot("build/1/1")
    (run.path / "one").unlink()
    (run.path / "two").write_text("2\n")
    second = await run.snapshot("build/1/2", parent=first)
    await run.open(tree=first)
    assert (run.path / "one").exists() and not (run.path / "two").exists()
    await run.open(tree=second)
    assert (run.path / "two").exists() and not (run.path / "one").exists()


async def test_links_and_modes_and_submodules_are_kept_as_they_are(site: Site) -> None:
    (site.checkout / "link").symlink_to("../../outside")
    (site.checkout / "run.sh").write_text("#!/bin/sh\n")
    (site.checkout / "run.sh").chmod(0o755)
    gitlink = f"160000,{'1' * 40},module"
    site.git("add", "-A")
    site.git("update-index", "--add", "--cacheinfo", gitlink)
    site.git("commit", "-qm", "links")
    site.git("push", "-q", "origin", "main")
    run = await start(site)
    assert (run.path / "link").readlink() == Path("../../outside")
    assert (run.path / "run.sh").stat().st_mode & 0o111
    assert list((run.path / "module").iterdir()) == []
    assert await run.snapshot() == run.base
