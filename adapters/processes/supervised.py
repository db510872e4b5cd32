"""Subprocesses, each under a supervisor that holds a pipe to this worker and reaps the whole tree."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import uuid
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

from adapters.processes import Command, Completed, SandboxLevel
from adapters.processes.marked import end_marked
from adapters.processes.output import Output
from adapters.processes.programs import cannot_start, find_program
from adapters.processes.records import Mark, Records
from adapters.processes.sandbox import bwrap_works, wrap

SUPERVISOR = Path(__file__).with_name("supervisor.py")
# Its own grace and kill take 4 s at most; a supervisor that says nothing after this is itself broken.
OVERDUE_S = 6.0


class Supervision:
    """One command under its supervisor."""

    def __init__(self, mark: Mark, command: Command) -> None:
        self.mark = mark
        self.command = command
        self.task: asyncio.Task[Completed] | None = None
        self._control: asyncio.StreamWriter | None = None
        self._stopped = False

    def stop(self) -> None:
        """The supervisor sees the end of its pipe, as it would if this worker died."""
        self._stopped = True
        if self._control is not None:
            self._control.close()

    async def start(self, spec: dict[str, Any], records: Records) -> asyncio.subprocess.Process:
        records.write(self.mark, None)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-S", str(SUPERVISOR),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            pass_fds=spec["fds"],
            start_new_session=True,
            env=self.mark.environment,
        )  # fmt: skip
        assert process.stdin is not None
        self._control = process.stdin
        records.write(self.mark, process.pid)
        if self._stopped:
            self._control.close()
        else:
            self._control.write(json.dumps(spec).encode() + b"\n")
        return process

    async def report(self, process: asyncio.subprocess.Process) -> dict[str, Any]:
        """The supervisor's answer; empty when it was killed itself."""
        assert process.stdout is not None and process.stdin is not None
        try:
            async with asyncio.timeout(self.command.timeout_s + OVERDUE_S):
                said = await process.stdout.read()
        except TimeoutError:
            process.kill()
            said = b""
        process.stdin.close()
        with suppress(BrokenPipeError, ConnectionResetError):
            await process.stdin.wait_closed()
        await process.wait()
        answer: dict[str, Any] = json.loads(said) if said else {}
        return answer


class SupervisedProcesses:
    """Implements `adapters.processes.Processes`. `owner` names this worker process in the records."""

    def __init__(self, data_dir: Path, owner: str) -> None:
        self._records = Records(data_dir / "processes", owner)
        self._live: dict[str, Supervision] = {}
        self._cancelled: dict[str, set[int]] = {}

    async def run(self, command: Command, on_line: Callable[[str], None] | None = None) -> Completed:
        program = find_program(command.argv[0], command.cwd, command.env)
        mark = Mark(command.run_id, command.lease, str(self._records.path(uuid.uuid4().hex)))
        supervision = Supervision(mark, command)
        supervision.task = asyncio.create_task(self._supervise(supervision, program, on_line))
        self._live[mark.record] = supervision
        try:
            return await asyncio.shield(supervision.task)
        except asyncio.CancelledError:
            supervision.stop()
            ended = await _ended(supervision.task)
            self._cancelled.setdefault(command.run_id, set()).update(ended)
            raise
        finally:
            del self._live[mark.record]

    async def end(self, *, lease: str | None = None, run_id: str | None = None) -> tuple[int, ...]:
        if lease is None and run_id is None:
            raise ValueError("end() needs a lease or a run_id: without one it would end everything")
        ended = await self._end(lambda mark: lease in (None, mark.lease) and run_id in (None, mark.run_id))
        earlier = self._cancelled.pop(run_id, set()) if run_id is not None and lease is None else set()
        return tuple(sorted({*ended, *earlier}))

    async def sweep(self, is_gone: Callable[[str], bool]) -> tuple[int, ...]:
        return await self._end(lambda mark: is_gone(mark.run_id) or self._is_orphaned(mark))

    def _is_orphaned(self, mark: Mark) -> bool:
        return mark.record not in self._live and self._records.is_orphaned(mark)

    async def _end(self, concerns: Callable[[Mark], bool]) -> tuple[int, ...]:
        own = [live for live in self._live.values() if concerns(live.mark)]
        tasks = [live.task for live in own if live.task is not None]
        for live in own:
            live.stop()
        if tasks:
            await asyncio.wait(tasks)
        ended = [pid for task in tasks if task.exception() is None for pid in task.result().ended]
        others = await asyncio.to_thread(end_marked, self._records, concerns)
        return tuple(sorted({*ended, *others}))

    async def _supervise(
        self, supervision: Supervision, program: str, on_line: Callable[[str], None] | None
    ) -> Completed:
        command, mark = supervision.command, supervision.mark
        level, launched = await asyncio.to_thread(_confined, command, program)
        stdout = Output(command.max_output_bytes, on_line, supervision.stop)
        stderr = Output(command.max_output_bytes, None, supervision.stop)
        async with AsyncExitStack() as stack:
            stack.callback(supervision.stop)
            fds = [_stdin(command.stdin)]
            stack.callback(os.close, fds[0])
            for output in (stdout, stderr):
                stack.push_async_callback(output.close)
                fds.append(await output.open())
            spec = {
                "program": launched[0],
                "argv": launched,
                "cwd": str(command.cwd),
                "env": command.env | mark.environment,
                "timeout_s": command.timeout_s,
                "interrupt_first": command.interrupt_first,
                "fds": fds,
            }
            try:
                process = await supervision.start(spec, self._records)
            finally:
                for fd in fds[1:]:
                    os.close(fd)
            report = await supervision.report(process)
            if not report.get("reaper") and "errno" not in report:
                report["ended"] = await self._end_strays(mark, report)
        return self._completed(command, mark, report, stdout, stderr, level)

    async def _end_strays(self, mark: Mark, report: dict[str, Any]) -> list[int]:
        """Without a reaper, or when it was killed, only the mark still finds what is left."""
        strays = await asyncio.to_thread(end_marked, self._records, lambda found: found.record == mark.record)
        return sorted({*report.get("ended", ()), *strays})

    def _completed(
        self,
        command: Command,
        mark: Mark,
        report: dict[str, Any],
        stdout: Output,
        stderr: Output,
        level: SandboxLevel,
    ) -> Completed:
        if not report.get("surviving"):
            self._records.remove(mark)
        if "errno" in report:
            raise cannot_start(command.argv[0], report["errno"])
        stdout.check()
        return Completed(
            exit_code=report.get("exit_code"),
            stdout=stdout.text,
            stderr=stderr.text,
            truncated=stdout.truncated or stderr.truncated,
            timed_out=report.get("timed_out", False),
            ended=tuple(report.get("ended", ())),
            surviving=tuple(report.get("surviving", ())),
            sandbox=level,
            network=level == "none" or command.sandbox is None or command.sandbox.network,
        )


def _confined(command: Command, program: str) -> tuple[SandboxLevel, list[str]]:
    argv = [program, *command.argv[1:]]
    if command.sandbox is None or not bwrap_works():
        return "none", argv
    return "bwrap", wrap(argv, command.sandbox, command.cwd, command.env.get("PATH", ""))


def _stdin(text: str | None) -> int:
    """A file, not a pipe: nobody has to write while the command is busy with something else."""
    if text is None:
        return os.open(os.devnull, os.O_RDONLY)
    with tempfile.TemporaryFile() as file:
        file.write(text.encode())
        file.seek(0)
        return os.dup(file.fileno())


async def _ended(task: asyncio.Task[Completed]) -> tuple[int, ...]:
    """Wait for it even when cancelled again: the tree ends before the cancellation goes on."""
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait({task})
    failed = task.cancelled() or task.exception() is not None
    return () if failed else task.result().ended
