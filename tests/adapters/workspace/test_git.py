"""Git runs with our environment, ends when it is cancelled, and what a killed one left does not stop the next."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from adapters.workspace.git import Git, clean_words
from adapters.workspace.locks import Locks
from faber.errors import GitError, ToolMissing
from tests.adapters.workspace.sites import Site, start
from tests.waiting import eventually


def fake_git(folder: Path, script: str) -> dict[str, str]:
    """An environment whose git is that shell script."""
    folder.mkdir()
    (folder / "git").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "git").chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


async def test_a_providers_key_never_reaches_git(tmp_path: Path) -> None:
    secret = {
        "ANTHROPIC_API_KEY": "k1",
        "OPENAI_API_KEY": "k2",
        "LD_PRELOAD": "x.so",
        "GIT_DIR": "/elsewhere",
    }
    needed = {"SSH_AUTH_SOCK": "agent", "HTTPS_PROXY": "proxy", "GH_TOKEN": "t", "HOME": str(tmp_path)}
    git = Git(tmp_path, fake_git(tmp_path / "bin", "env") | secret | needed)
    local, network = await git.run("x"), await git.run("x", network=True)
    for name in secret:
        assert f"{name}=" not in local.text and f"{name}=" not in network.text
    for name in ("SSH_AUTH_SOCK", "HTTPS_PROXY", "GH_TOKEN"):
        assert f"{name}={needed[name]}" in network.text and f"{name}=" not in local.text
    assert "GIT_CONFIG_GLOBAL=/dev/null" in local.text and "GIT_TERMINAL_PROMPT=0" in network.text


async def test_an_old_git_and_a_missing_one_are_named_with_what_to_do(site: Site) -> None:
    old = Git(site.root, fake_git(site.root / "old", "echo git version 2.30.2"))
    with pytest.raises(
        ToolMissing, match=r"git 2.38 or newer is needed, and this host has: git version 2.30.2"
    ):
        await old.check_version()
    (site.root / "empty").mkdir()
    with pytest.raises(ToolMissing, match="git is not on PATH: install git"):
        await Git(site.root, {"PATH": str(site.root / "empty")}).run("--version")


def test_words_are_free_of_passwords_and_of_what_a_terminal_obeys() -> None:
    said = "fatal: https://me:pa%20ss@host/x and ssh://git@host/y \x1b[31mred\x1b]0;title\x07\r\x9b31m"
    assert clean_words(said) == "fatal: https://***@host/x and ssh://***@host/y red]0;title31m"


async def test_a_cancelled_git_is_gone_with_everything_it_started(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    git = Git(
        tmp_path,
        fake_git(tmp_path / "bin", f"sleep 600 &\necho $$ $! > '{note}.new'; mv '{note}.new' '{note}'; wait"),
    )
    task = asyncio.create_task(git.run("x"))
    await eventually(note.exists, "git started")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    pids = [int(pid) for pid in note.read_text().split()]
    await eventually(lambda: not any(map(alive, pids)), f"{pids} ended")


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_a_lock_file_of_a_killed_git_is_taken_away_when_it_is_old(site: Site) -> None:
    run = await start(site)
    branch_lock = site.clone() / "refs" / "heads" / f"{run.branch}.lock"
    branch_lock.write_text("")
    old = time.time() - 60
    os.utime(branch_lock, (old, old))
    assert await run.work({"b": "b\n"})
    assert not branch_lock.exists()


async def test_a_lock_file_in_the_users_repository_is_never_taken_away(own: Site) -> None:
    run = await start(own)
    head = await run.work({"b": "b\n"})
    lock = own.checkout / ".git" / "refs" / "heads" / f"{run.branch}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text("")
    os.utime(lock, (1, 1))
    with pytest.raises(GitError):
        await run.workspace.push(own.repository, run.branch, head, None)
    assert lock.exists()


async def test_a_lock_file_that_its_holder_removed_is_not_held_by_two(tmp_path: Path) -> None:
    path, inside, most = tmp_path / "run.lock", 0, 0
    # Two sets of locks are two workers: only the file is between them.
    workers = [Locks() for _ in range(4)]

    async def enter(locks: Locks) -> None:
        nonlocal inside, most
        for _ in range(20):
            async with locks.hold(path):
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0)
                inside -= 1
                path.unlink()

    await asyncio.gather(*(enter(locks) for locks in workers))
    assert most == 1
