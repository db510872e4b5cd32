"""Commands that end, flood, linger, hide and refuse to die, as real process trees."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from adapters.processes import Command, supervisor
from adapters.processes.supervised import SupervisedProcesses
from faber.errors import ToolMissing, WorkerError
from tests.adapters.processes.conftest import DAEMON, Make, alive, daemon_pid
from tests.waiting import eventually

SLEEP = "import time; time.sleep(600)"


async def test_a_command_gets_its_stdin_and_answers_with_code_and_both_outputs(
    processes: SupervisedProcesses, python: Make
) -> None:
    code = "import sys; print(sys.stdin.read().upper()); print('oh', file=sys.stderr); sys.exit(3)"
    done = await processes.run(python(code, stdin="words é"))
    assert (done.exit_code, done.stdout, done.stderr) == (3, "WORDS É\n", "oh\n")
    assert (done.ended, done.surviving, done.timed_out, done.truncated) == ((), (), False, False)


async def test_without_stdin_a_command_reads_an_end_at_once(
    processes: SupervisedProcesses, python: Make
) -> None:
    assert (await processes.run(python("import sys; print(repr(sys.stdin.read()))"))).stdout == "''\n"


async def test_a_command_that_dies_of_a_signal_says_which(
    processes: SupervisedProcesses, python: Make
) -> None:
    assert (await processes.run(python("import os; os.kill(os.getpid(), 11)"))).exit_code == -11


async def test_a_pipeline_whose_reader_leaves_ends_by_itself(
    processes: SupervisedProcesses, cwd: Path
) -> None:
    command = Command(
        ("sh", "-c", "yes | head -n 1"), cwd, {"PATH": os.environ["PATH"]}, "run-1", timeout_s=20
    )
    done = await processes.run(command)
    assert (done.exit_code, done.stdout, done.stderr, done.ended) == (0, "y\n", "", ())


async def test_every_process_bears_the_marks_and_only_the_given_environment(
    processes: SupervisedProcesses, python: Make
) -> None:
    os.environ["FABER_TEST_CANARY"] = "leaked"
    try:
        done = await processes.run(python("import os; print(dict(os.environ))"))
    finally:
        del os.environ["FABER_TEST_CANARY"]
    assert "'FABER_RUN_ID': 'run-1'" in done.stdout and "'FABER_LEASE': 'lease-1'" in done.stdout
    assert "leaked" not in done.stdout


async def test_a_flood_is_cut_in_its_middle_and_drained(processes: SupervisedProcesses, python: Make) -> None:
    code = "import sys; print('first'); sys.stdout.write('x' * 30_000_000); print('last')"
    done = await processes.run(python(code, max_output_bytes=10_000))
    assert done.exit_code == 0 and done.truncated
    assert done.stdout.startswith("first\n") and done.stdout.endswith("last\n") and len(done.stdout) < 10_100
    assert "[... 29990" in done.stdout


async def test_lines_are_told_as_they_come_even_those_that_the_result_leaves_out(
    processes: SupervisedProcesses, python: Make, cwd: Path
) -> None:
    told: list[str] = []
    code = "import os\nprint('one', flush=True)\nwhile not os.path.exists('go'): pass\nprint('y' * 450)"
    task = asyncio.create_task(processes.run(python(code, max_output_bytes=100), told.append))
    await eventually(lambda: told == ["one"], "the first line was told while the command ran")
    (cwd / "go").touch()
    done = await task
    assert told == ["one", "y" * 100] and done.truncated


async def test_what_the_listener_raises_ends_the_command_and_is_raised(
    processes: SupervisedProcesses, python: Make, cwd: Path
) -> None:
    def refuse(line: str) -> None:
        raise WorkerError(f"no more of {line}")

    code = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
    with pytest.raises(WorkerError, match="no more of") as raised:
        await processes.run(python(code), refuse)
    assert not alive(int(raised.value.message.split()[-1]))


async def test_a_daemon_that_outlives_its_command_is_ended_and_named(
    processes: SupervisedProcesses, python: Make, cwd: Path
) -> None:
    done = await processes.run(python(DAEMON))
    daemon = daemon_pid(cwd)
    assert done.exit_code == 0 and done.ended == (daemon,) and done.surviving == ()
    assert not alive(daemon)


async def test_a_timeout_ends_the_whole_tree(processes: SupervisedProcesses, python: Make, cwd: Path) -> None:
    done = await processes.run(python(DAEMON + SLEEP, timeout_s=1.0))
    assert done.timed_out and done.exit_code is None and daemon_pid(cwd) in done.ended
    assert not any(alive(pid) for pid in done.ended)


async def test_a_command_that_heeds_sigint_may_say_its_last_words(
    processes: SupervisedProcesses, python: Make
) -> None:
    code = f"try:\n    {SLEEP}\nexcept KeyboardInterrupt:\n    print('bye')"
    done = await processes.run(python(code, timeout_s=0.5, interrupt_first=True))
    assert done.stdout == "bye\n" and done.timed_out and done.exit_code is None


def test_all_that_a_supervisor_waits_for_adds_up_to_less_than_the_promised_five_seconds() -> None:
    assert supervisor.LINGER_S + supervisor.INTERRUPT_GRACE_S + supervisor.KILL_S < 5


async def test_a_command_that_ignores_every_signal_is_gone_all_the_same(
    processes: SupervisedProcesses, python: Make, cwd: Path
) -> None:
    deaf = "import signal\nfor n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)\n"
    done = await processes.run(python(deaf + DAEMON + SLEEP, timeout_s=0.5, interrupt_first=True))
    assert len(done.ended) >= 2 and not any(alive(pid) for pid in done.ended)


async def test_cancelling_ends_the_tree_before_the_cancellation_goes_on(
    processes: SupervisedProcesses, python: Make, cwd: Path
) -> None:
    task = asyncio.create_task(processes.run(python(DAEMON + SLEEP)))
    await eventually((cwd / "daemon.pid").exists, "the daemon was up")
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()  # The worker may ask twice; the tree is still waited for.
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not alive(daemon_pid(cwd))


async def test_a_fork_bomb_is_put_out(processes: SupervisedProcesses, python: Make, cwd: Path) -> None:
    # Of five hundred at the most: on a machine that is busy with other tests nobody could put out more.
    fork = "    if os.fork() == 0: os.setsid()\n    time.sleep(0.05)\n"
    bomb = f"import os, time\nfor _ in range(9):\n{fork}time.sleep(60)"
    done = await processes.run(python(bomb, timeout_s=0.4))
    assert done.surviving == () and not any(alive(pid) for pid in done.ended)


async def test_a_missing_program_is_named_with_what_to_do(processes: SupervisedProcesses, cwd: Path) -> None:
    with pytest.raises(ToolMissing, match=r"`no-such-tool` is not on PATH .*install it.*retry"):
        await processes.run(Command(("no-such-tool",), cwd, {"PATH": os.environ["PATH"]}, "run-1"))


async def test_the_commands_own_path_counts_and_not_the_workers(
    processes: SupervisedProcesses, cwd: Path
) -> None:
    with pytest.raises(ToolMissing, match="`sh` is not on PATH"):
        await processes.run(Command(("sh", "-c", ":"), cwd, {"PATH": str(cwd)}, "run-1"))


async def test_a_program_that_this_host_cannot_start_is_told_apart(
    processes: SupervisedProcesses, cwd: Path
) -> None:
    (cwd / "broken").write_text("#!/no/such/interpreter\n")
    (cwd / "broken").chmod(0o755)
    with pytest.raises(ToolMissing, match=r"broken` cannot be started here: No such file"):
        await processes.run(Command(("./broken",), cwd, {}, "run-1"))


async def test_a_folder_that_is_gone_is_named(processes: SupervisedProcesses, cwd: Path) -> None:
    with pytest.raises(WorkerError, match=r"folder .*gone does not exist"):
        await processes.run(Command(("sh",), cwd / "gone", {"PATH": os.environ["PATH"]}, "run-1"))


async def test_nothing_is_left_on_disk_after_a_command(
    processes: SupervisedProcesses, python: Make, tmp_path: Path
) -> None:
    await processes.run(python("pass"))
    assert list((tmp_path / "data/processes").iterdir()) == []
