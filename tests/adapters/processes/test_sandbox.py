"""What a confined command can reach, tried by real commands in a real sandbox."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from adapters.processes import Command, Completed, Sandbox
from adapters.processes.sandbox import bwrap_works, level
from adapters.processes.supervised import SupervisedProcesses
from tests.adapters.processes.conftest import DAEMON, Make, alive


@pytest.fixture(autouse=True)
def bubblewrap() -> None:
    assert bwrap_works(), "these tests need bubblewrap: install it and allow user namespaces"


@pytest.fixture
def engine(tmp_path: Path) -> Path:
    """The engine's data folder: hidden, with a worktree in it that must stay visible."""
    folder = tmp_path / "engine"
    (folder / "worktrees/work/.git").mkdir(parents=True)
    (folder / "journal.json").write_text("secret of the engine")
    (folder / "worktrees/work/file").write_text("old")
    return folder


async def shell(processes: SupervisedProcesses, engine: Path, script: str, **fields: object) -> Completed:
    work = engine / "worktrees/work"
    fields = {"writable": (work,), "readable": (work / ".git",), "hidden": (engine,)} | fields
    sandbox = Sandbox(**fields)  # type: ignore[arg-type]
    # This interpreter may be installed below a folder that the sandbox hides.
    env = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = await processes.run(Command(("sh", "-c", script), work, env, "run-1", sandbox=sandbox))
    assert done.sandbox == "bwrap" == level()
    return done


async def test_the_worktree_is_writable_though_it_lies_in_a_hidden_folder(
    processes: SupervisedProcesses, engine: Path
) -> None:
    done = await shell(processes, engine, "cat file; echo new > file")
    assert (done.exit_code, done.stdout) == (0, "old")
    assert (engine / "worktrees/work/file").read_text() == "new\n"


async def test_a_hidden_folder_is_empty(processes: SupervisedProcesses, engine: Path) -> None:
    done = await shell(processes, engine, f"ls -A {engine}; cat {engine}/journal.json")
    assert done.stdout == "worktrees\n" and done.exit_code != 0
    assert "secret" not in done.stdout + done.stderr


async def test_what_is_installed_on_the_path_runs_also_below_a_hidden_folder(
    processes: SupervisedProcesses, engine: Path
) -> None:
    installed = engine.parent / "hidden/environment"
    (installed / "bin").mkdir(parents=True)
    (installed / "words").write_text("its libraries")
    (installed.parent / "secret").write_text("a neighbour's secret")
    tool = installed / "bin/tool"
    tool.write_text('#!/bin/sh\ncat "$(dirname "$0")/../words" "$(dirname "$0")/../../secret"')
    tool.chmod(0o755)
    work = engine / "worktrees/work"
    sandbox = Sandbox(writable=(work,), hidden=(engine, installed.parent))
    env = {"PATH": f"{tool.parent}{os.pathsep}{os.environ['PATH']}"}
    done = await processes.run(Command(("tool",), work, env, "run-1", sandbox=sandbox))
    assert done.stdout == "its libraries"
    assert "neighbour" not in done.stderr


async def test_nothing_outside_the_writable_folders_can_be_written(
    processes: SupervisedProcesses, engine: Path, tmp_path: Path
) -> None:
    places = [
        Path("/etc/planted"),
        Path.home() / "planted",
        tmp_path / "planted",
        engine / "worktrees/work/.git/config",
    ]
    script = "; ".join(f"echo x > {place}" for place in places)
    done = await shell(processes, engine, script)
    assert done.exit_code != 0 and not any(place.exists() for place in places)


async def test_the_readable_part_of_a_writable_folder_cannot_be_made_writable_again(
    processes: SupervisedProcesses, engine: Path
) -> None:
    done = await shell(
        processes, engine, "umount .git || mount -o remount,rw,bind .git; echo x > .git/config"
    )
    assert done.exit_code != 0 and not (engine / "worktrees/work/.git/config").exists()


async def test_the_temporary_folder_and_caches_are_private_and_usable(
    processes: SupervisedProcesses, engine: Path
) -> None:
    done = await shell(processes, engine, 'mkdir -p "$XDG_CACHE_HOME" && echo x > "$(mktemp)" && ls /tmp')
    assert done.exit_code == 0
    # Of the outer folder only the worktree's own path may show, and that of this interpreter.
    shown = (engine, Path(sys.executable))
    assert all(
        name.startswith("tmp.") or any(path.is_relative_to(Path("/tmp") / name) for path in shown)
        for name in done.stdout.split()
    )


async def test_the_secrets_of_the_home_folder_are_hidden(
    processes: SupervisedProcesses, engine: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh/id").write_text("a key")
    (home / ".netrc").write_text("a key")
    before = os.environ["HOME"]
    os.environ["HOME"] = str(home)
    try:
        done = await shell(processes, engine, f"cat {home}/.ssh/id {home}/.netrc", readable=(home,))
    finally:
        os.environ["HOME"] = before
    assert "a key" not in done.stdout and done.exit_code != 0


async def test_the_environment_of_other_processes_cannot_be_read(
    processes: SupervisedProcesses, engine: Path
) -> None:
    os.environ["FABER_TEST_CANARY"] = "canary-in-the-worker"
    try:
        done = await shell(
            processes, engine, f"cat /proc/*/environ /proc/{os.getpid()}/environ | tr '\\0' '\\n'"
        )
    finally:
        del os.environ["FABER_TEST_CANARY"]
    assert "FABER_RUN_ID=run-1" in done.stdout and "canary" not in done.stdout
    # What keeps root out may let others in, so the processes themselves must not be there.
    assert (await shell(processes, engine, f"ls -d /proc/{os.getpid()}")).exit_code != 0


async def test_without_network_not_even_the_loopback_of_the_host_answers(
    processes: SupervisedProcesses, engine: Path
) -> None:
    script = f"{sys.executable} -c 'import socket; print([name for _, name in socket.if_nameindex()])'"
    assert (await shell(processes, engine, script, network=False)).stdout == "['lo']\n"


async def test_a_confined_tree_ends_like_any_other(
    processes: SupervisedProcesses, python: Make, cwd: Path
) -> None:
    sandbox = Sandbox(writable=(cwd,))
    deaf = "import signal\nfor n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)\n"
    code = deaf + DAEMON + "import time; time.sleep(600)"
    done = await processes.run(python(code, sandbox=sandbox, timeout_s=1.0, interrupt_first=True))
    assert done.timed_out and done.surviving == ()
    assert len(done.ended) >= 3 and not any(alive(pid) for pid in done.ended)


async def test_sigint_reaches_the_command_through_its_sandbox(
    processes: SupervisedProcesses, python: Make, cwd: Path
) -> None:
    code = "import time\ntry:\n    time.sleep(600)\nexcept KeyboardInterrupt:\n    print('bye')"
    sandbox = Sandbox(writable=(cwd,))
    done = await processes.run(python(code, sandbox=sandbox, timeout_s=1.0, interrupt_first=True))
    assert done.stdout == "bye\n"
