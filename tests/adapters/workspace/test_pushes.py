"""A push delivers exactly the commit that was evaluated, or says in the origin's words why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from faber.errors import GitError, PushRefused
from tests.adapters.workspace.sites import Site, start


def hook(git_dir: Path, name: str, script: str) -> None:
    (git_dir / "hooks").mkdir(exist_ok=True)
    path = git_dir / "hooks" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


async def test_a_push_is_repeated_without_harm_and_goes_on_from_what_it_pushed(site: Site) -> None:
    run = await start(site)
    first = await run.work({"b": "b\n"})
    await run.workspace.push(site.repository, run.branch, first, None)
    await run.workspace.push(site.repository, run.branch, first, None)
    (run.path / "c").write_text("c\n")
    second = await run.commit(await run.snapshot("build/2", first), first)
    await run.workspace.push(site.repository, run.branch, second, first)
    await run.workspace.push(site.repository, run.branch, second, first)
    assert site.git("rev-parse", run.branch, at=site.origin) == second


async def test_a_branch_that_somebody_else_pushed_to_is_left_as_it_is(site: Site) -> None:
    run = await start(site)
    head = await run.work({"b": "b\n"})
    await run.workspace.push(site.repository, run.branch, head, None)
    theirs = site.commit({"README.md": "theirs\n"})
    site.git("push", "-qf", "origin", f"{theirs}:refs/heads/{run.branch}")
    (run.path / "c").write_text("c\n")
    second = await run.commit(await run.snapshot("build/2", head), head)
    with pytest.raises(PushRefused, match=f"is at {theirs}, not at {head}.*somebody else pushed"):
        await run.workspace.push(site.repository, run.branch, second, head)
    with pytest.raises(PushRefused, match=f"is at {theirs}, not at no commit"):
        await run.workspace.push(site.repository, run.branch, second, None)
    assert site.git("rev-parse", run.branch, at=site.origin) == theirs


async def test_a_refusing_hook_of_the_origin_is_quoted_without_passwords_and_escapes(site: Site) -> None:
    words = (
        r"printf 'no commits on fridays\nsee \033[31mhttps://bot:hunter2@forge.example/rules\n' >&2; exit 1"
    )
    hook(site.origin, "pre-receive", words)
    run = await start(site)
    with pytest.raises(PushRefused, match="no commits on fridays") as caught:
        await run.workspace.push(site.repository, run.branch, await run.work({"b": "b\n"}), None)
    assert "hunter2" not in str(caught.value) and "https://***@forge.example/rules" in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert caught.value.repairable and caught.value.permanent


async def test_a_branch_of_the_origin_that_leaves_no_place_for_the_runs_is_named(site: Site) -> None:
    site.git("push", "-q", "origin", "main:faber")
    run = await start(site)
    with pytest.raises(PushRefused, match="its branch faber leaves no place for that name") as caught:
        await run.workspace.push(site.repository, run.branch, await run.work({"b": "b\n"}), None)
    assert "somebody else pushed" not in str(caught.value)


async def test_a_hook_that_refuses_one_branch_only_is_quoted_too(site: Site) -> None:
    hook(site.origin, "update", 'case "$1" in refs/heads/faber/*) echo "protected: $1" >&2; exit 1;; esac')
    run = await start(site)
    with pytest.raises(PushRefused, match="protected: refs/heads/faber/1"):
        await run.workspace.push(site.repository, run.branch, await run.work({"b": "b\n"}), None)


async def test_the_servers_hooks_of_a_real_origin_do_run(site: Site) -> None:
    hook(site.origin, "post-receive", "touch received")
    run = await start(site)
    await run.workspace.push(site.repository, run.branch, await run.work({"b": "b\n"}), None)
    assert (site.origin / "received").exists()


async def test_an_origin_that_went_away_is_worth_another_attempt(site: Site) -> None:
    run = await start(site)
    head = await run.work({"b": "b\n"})
    site.origin.rename(site.root / "away")
    with pytest.raises(GitError, match="does not appear to be a git repository") as caught:
        await run.workspace.push(site.repository, run.branch, head, None)
    assert not caught.value.permanent


async def test_the_branch_that_the_user_has_checked_out_is_never_moved_under_them(own: Site) -> None:
    own.git("config", "receive.denyCurrentBranch", "updateInstead")
    run = await start(own)
    head = await run.work({"README.md": "changed\n"})
    await run.workspace.push(own.repository, run.branch, head, None)
    with pytest.raises(PushRefused, match="checked out there: merge the run's branch in that checkout"):
        await run.workspace.merge_to_base(own.repository, run.branch, head, "merge")
    assert (own.checkout / "README.md").read_text() == "hello\n"
    assert own.git("rev-parse", "HEAD") == run.base
    own.git("merge", "-q", run.branch)
    assert await run.workspace.merge_to_base(own.repository, run.branch, head, "merge") == head
