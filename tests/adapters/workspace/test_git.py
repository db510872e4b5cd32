"""Git runs with our environment, ends when it is cancelled, and what a killed one left does not stop the next."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from pathlib import Path

import psutil
import pytest

from adapters.workspace.git import Git, clean_words
from adapters.workspace.locks import Locks, took
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


async def test_every_call_switches_off_what_a_repository_could_make_git_run(tmp_path: Path) -> None:
    git = Git(tmp_path, fake_git(tmp_path / "bin", 'echo "$*"'))
    for network in (False, True):
        said = (await git.run("status", network=network)).text
        for switch in ("core.hooksPath=/dev/null", "core.fsmonitor=false", "protocol.ext.allow=never"):
            assert f"-c {switch} " in said and said.endswith(" status")


async def test_a_remote_is_reached_with_the_users_own_configuration(site: Site) -> None:
    home = site.root / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(f'[url "{site.origin}"]\n\tinsteadOf = https://forge.example/demo\n')
    site.environment = {"PATH": os.environ["PATH"], "HOME": str(home)}
    site.git("remote", "set-url", "origin", "https://forge.example/demo")
    run = await start(site)
    assert run.base == site.git("rev-parse", "HEAD")


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
    said = "fatal: https://me:pa@ss@host/x and ssh://git@host/y \x1b[31mred\x1b]0;title\x07\r\x9b31m"
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


async def test_a_worker_that_stops_at_any_moment_of_a_call_does_not_hang(tmp_path: Path) -> None:
    git = Git(tmp_path, {"PATH": os.environ["PATH"]})

    async def stop_after(moments: int) -> None:
        tasks = [asyncio.create_task(git.run("--version")) for _ in range(4)]
        for _ in range(moments):
            await asyncio.sleep(0)
        # The end of the loop cancels whatever is there, also what a library started.
        assert len(tasks) == 4

    for moments in range(12):
        worker = threading.Thread(target=asyncio.run, args=[stop_after(moments)], daemon=True)
        worker.start()
        await asyncio.to_thread(worker.join, 10)
        assert not worker.is_alive(), f"stopped after {moments} moments"


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def test_a_lock_file_of_a_killed_git_is_taken_away_when_it_is_old(site: Site) -> None:
    run = await start(site)
    branch_lock = site.clone() / "refs" / "heads" / f"{run.branch}.lock"
    branch_lock.write_text("")
    old = time.time() - 60
    os.utime(branch_lock, (old, old))
    assert await run.work({"b": "b\n"})
    assert not branch_lock.exists()


async def test_a_lock_file_of_a_killed_fetch_is_taken_away_too(site: Site) -> None:
    run = await start(site)
    moved = site.move_base({"c": "c\n"})
    lock = site.clone() / "refs" / "remotes" / "origin" / "main.lock"
    lock.write_text("")
    os.utime(lock, (1, 1))
    assert await run.workspace.fetch(site.repository) == moved


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


def test_a_lock_on_a_file_that_its_holder_removed_is_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    with path.open("w") as before:
        path.unlink()
        assert not took(before.fileno(), path)
        with path.open("w") as after, path.open("w") as late:
            assert took(after.fileno(), path)
            assert not took(late.fileno(), path)


async def test_workers_enter_one_at_a_time_although_each_removes_the_lock_file(tmp_path: Path) -> None:
    path, inside = tmp_path / "run.lock", 0

    async def enter(locks: Locks) -> None:
        nonlocal inside
        for _ in range(20):
            async with locks.hold(path):
                inside += 1
                await asyncio.sleep(0)
                assert inside == 1
                inside -= 1
                path.unlink()

    # Each set of locks is a worker of its own: only the file is between them.
    await asyncio.gather(*(enter(Locks()) for _ in range(4)))
