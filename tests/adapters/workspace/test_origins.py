"""Which repository is the origin, and what is said when there is nothing to start from."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from adapters.workspace import Repository
from faber.errors import ConfigurationError, GitError
from tests.adapters.workspace.sites import WHEN, Site, start, with_origin


def refusing_hook(root: Path, git_dir: Path) -> tuple[Path, Path]:
    """A hook of every push, and the file that it makes when it runs."""
    hook, marker = git_dir / "hooks" / "pre-receive", root / "ran"
    hook.write_text(f"#!/bin/sh\ntouch '{marker}'\nexit 1\n")
    hook.chmod(0o755)
    return hook, marker


async def test_the_base_is_the_origins_branch_and_not_what_the_user_has_not_pushed(site: Site) -> None:
    pushed = site.git("rev-parse", "HEAD")
    site.commit({"README.md": "not pushed\n"})
    assert await site.workspace().fetch(site.repository) == pushed


async def test_a_checkout_without_a_remote_is_its_own_origin(own: Site) -> None:
    run = await start(own)
    assert run.base == own.git("rev-parse", "HEAD")
    head = await run.work({"b.py": "b\n"})
    await run.workspace.push(own.repository, run.branch, head, None)
    assert own.git("rev-parse", f"refs/heads/{run.branch}") == head


@pytest.mark.parametrize(
    "way", [".", "{checkout}/.git", "file://{checkout}", "file://{root}/ch%65ckout/.git"]
)
async def test_a_remote_that_leads_back_to_the_checkout_is_the_checkout_itself(own: Site, way: str) -> None:
    own.git("remote", "add", "origin", way.format(checkout=own.checkout, root=own.root))
    hook, marker = refusing_hook(own.root, own.checkout / ".git")
    run = await start(own)
    assert await run.workspace.origin(own.repository) is None
    await run.workspace.push(own.repository, run.branch, await run.work({"b": "b\n"}), None)
    assert not marker.exists(), hook


async def test_what_is_pushed_back_into_the_checkout_meets_none_of_its_hooks(site: Site) -> None:
    site.git("remote", "set-url", "--push", "origin", ".")
    hook, marker = refusing_hook(site.root, site.checkout / ".git")
    run = await start(site)
    head = await run.work({"b": "b\n"})
    await run.workspace.push(site.repository, run.branch, head, None)
    assert site.git("rev-parse", run.branch) == head
    assert not marker.exists(), hook


@pytest.mark.parametrize("way", ["{origin}", "file://{origin}"])
async def test_the_hooks_of_an_origin_on_this_host_run_without_anybodys_token(
    tmp_path: Path, way: str
) -> None:
    site = with_origin(Site(tmp_path, {**os.environ, "GITHUB_TOKEN": "a-token"}))
    site.git("remote", "set-url", "origin", way.format(origin=site.origin))
    seen = site.root / "seen"
    hook = site.origin / "hooks" / "pre-receive"
    hook.write_text(f"#!/bin/sh\nenv > '{seen}'\n")
    hook.chmod(0o755)
    run = await start(site)
    await run.workspace.push(site.repository, run.branch, await run.work({"b": "b\n"}), None)
    assert "PATH=" in seen.read_text()
    assert "a-token" not in seen.read_text()


async def test_a_subfolder_and_a_linked_worktree_are_the_same_repository(site: Site) -> None:
    linked = site.root / "linked"
    site.git("worktree", "add", "-q", str(linked), "-b", "elsewhere")
    workspace = site.workspace()
    for folder in (site.checkout, site.checkout / "src", linked):
        assert await workspace.fetch(Repository(folder, None, "main")) == site.git("rev-parse", "main")
    assert site.clone().is_dir()


@pytest.mark.parametrize("form", ["{origin}", "file://{origin}"])
async def test_a_run_needs_no_checkout_when_it_has_a_url(site: Site, form: str) -> None:
    repository = Repository(None, form.format(origin=site.origin), "main")
    workspace = site.workspace()
    base = await workspace.fetch(repository)
    path = await workspace.open(repository, "run", "faber/1", base, base)
    (path / "b").write_text("b\n")
    tree = await workspace.snapshot(repository, "run", "build/1", base, "a turn", WHEN)
    head = await workspace.commit(repository, "faber/1", base, tree, "work", WHEN)
    await workspace.push(repository, "faber/1", head, None)
    assert site.git("rev-parse", "faber/1", at=site.origin) == head


async def test_a_relative_remote_is_relative_to_the_top_of_the_checkout(site: Site) -> None:
    site.git("remote", "set-url", "origin", "../origin.git")
    repository = Repository(site.checkout / "src", None, "main")
    assert await site.workspace().fetch(repository) == site.git("rev-parse", "main")


async def test_pushes_go_to_the_push_url_where_there_is_one(site: Site) -> None:
    site.git("clone", "-q", "--bare", str(site.origin), str(site.root / "second.git"), at=site.root)
    site.git("remote", "set-url", "--push", "origin", "../second.git")
    run = await start(site)
    head = await run.work({"b": "b\n"})
    await run.workspace.push(site.repository, run.branch, head, None)
    assert site.git("rev-parse", run.branch, at=site.root / "second.git") == head
    assert site.git("branch", "--list", run.branch, at=site.origin) == ""


async def test_a_missing_default_branch_is_named_beside_those_that_exist(site: Site) -> None:
    site.git("push", "-q", "origin", "main:release/1")
    with pytest.raises(ConfigurationError, match=r"no branch 'trunk'.*it has: main, release/1"):
        await site.workspace().fetch(Repository(site.checkout, None, "trunk"))


async def test_a_default_branch_that_goes_away_later_is_named_too(site: Site) -> None:
    workspace = site.workspace()
    await workspace.fetch(site.repository)
    site.git("push", "-q", "origin", "main:trunk")
    site.git("symbolic-ref", "HEAD", "refs/heads/trunk", at=site.origin)
    site.git("push", "-q", "origin", "--delete", "main")
    with pytest.raises(ConfigurationError, match=r"no branch 'main'.*it has: trunk"):
        await workspace.fetch(site.repository)


@pytest.mark.parametrize("bare", [False, True])
async def test_a_repository_without_a_commit_says_so(tmp_path: Path, bare: bool) -> None:
    site = Site(tmp_path)
    site.git("init", "-q", *(["--bare"] if bare else []), str(site.checkout), at=tmp_path)
    with pytest.raises(ConfigurationError, match="has no commit yet"):
        await site.workspace().fetch(site.repository)


async def test_a_folder_that_is_no_repository_says_so(tmp_path: Path) -> None:
    site = Site(tmp_path, {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)})
    with pytest.raises(ConfigurationError, match="is not a folder"):
        await site.workspace().fetch(site.repository)
    site.checkout.mkdir()
    with pytest.raises(ConfigurationError, match="not a git repository"):
        await site.workspace().fetch(site.repository)


async def test_an_origin_that_cannot_be_reached_is_worth_another_attempt(site: Site) -> None:
    workspace = site.workspace()
    await workspace.fetch(site.repository)
    site.origin.rename(site.root / "away")
    with pytest.raises(GitError, match="does not appear to be a git repository") as caught:
        await workspace.fetch(site.repository)
    assert not caught.value.permanent
    (site.root / "away").rename(site.origin)
    assert await workspace.fetch(site.repository)


async def test_a_failure_never_shows_the_password_of_a_url(tmp_path: Path) -> None:
    repository = Repository(None, "http://me:hunter2@127.0.0.1:1/demo.git", "main")
    with pytest.raises(GitError, match=r"127\.0\.0\.1") as caught:
        await Site(tmp_path).workspace().fetch(repository)
    assert "hunter2" not in str(caught.value)


async def test_a_repository_of_sha256_objects_is_cloned_as_one(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.git("init", "-q", "--object-format=sha256", str(site.checkout), at=tmp_path)
    site.commit({"a": "a\n"})
    run = await start(site)
    head = await run.work({"b": "b\n"})
    assert len(head) == 64
    await run.workspace.push(site.repository, run.branch, head, None)
    assert site.git("rev-parse", run.branch) == head


async def test_a_shallow_checkout_can_be_an_origin(site: Site) -> None:
    site.commit({"b": "b\n"})
    site.git("push", "-q", "origin", "main")
    shallow = Site(site.root / "shallow")
    shallow.root.mkdir()
    site.git("clone", "-q", "--depth=1", f"file://{site.origin}", str(shallow.checkout), at=site.root)
    shallow.git("remote", "remove", "origin")
    run = await start(shallow)
    await run.workspace.push(shallow.repository, run.branch, await run.work({"c": "c\n"}), None)
