"""A program: runs one command as the reaper of its tree, and ends the tree when its owner says so or dies.

Started with `-I -S` for every command, so it takes the standard library only. It reads one JSON line on stdin
and starts the command; any further byte, and the end of stdin (its owner was killed), means stop. It answers
with one JSON object on stdout: {exit_code, timed_out, ended, surviving, reaper} or {errno}.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import sys
import time
from typing import Any

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
OWNER = 0
# What a command leaves for a moment while it ends (a pipeline's last writer) is not worth a report.
LINGER_S = 0.2
INTERRUPT_GRACE_S = 1.5
KILL_S = 2.5


def prctl(option: int, value: int) -> bool:
    """False where there is no prctl (macOS): the tree is then the process group and what is below it."""
    try:
        call = ctypes.CDLL(None).prctl
    except AttributeError:
        return False
    return int(call(option, value, 0, 0, 0)) == 0


def parents() -> dict[int, int]:
    """Parent of each live process; a zombie is dead and left out."""
    if not os.path.isdir("/proc/self"):
        with os.popen("ps -A -o pid=,ppid=,stat=") as listing:
            rows = [line.split() for line in listing]
        return {int(row[0]): int(row[1]) for row in rows if len(row) > 2 and not row[2].startswith("Z")}
    found = {}
    for name in os.listdir("/proc"):
        if name.isdecimal():
            try:
                with open(f"/proc/{name}/stat", "rb") as stat:
                    state, parent = stat.read().rpartition(b")")[2].split()[:2]
            except (OSError, ValueError):
                continue
            if state not in (b"Z", b"X"):
                found[int(name)] = int(parent)
    return found


def descendants(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for pid, parent in parents().items():
        children.setdefault(parent, []).append(pid)
    found: list[int] = []
    level = [root]
    while level:
        level = [child for parent in level for child in children.get(parent, ())]
        found += level
    return found


def send(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def name_of(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/comm") as comm:
            return comm.read().strip()
    except OSError:
        return ""


class Tree:
    """The command and everything below it."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        self.status: int | None = None
        self.asked_to_stop = False
        self.ended: set[int] = set()
        self.wake, self.waker = os.pipe()
        for fd in (self.wake, self.waker):
            os.set_blocking(fd, False)
        signal.set_wakeup_fd(self.waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, self._stop)
        self.reaper = prctl(PR_SET_CHILD_SUBREAPER, 1)
        self.command = 0

    def _stop(self, *_: object) -> None:
        self.asked_to_stop = True

    def start(self) -> int:
        """Fork and exec. Returns 0, or the errno of what failed."""
        for fd in self.spec["fds"]:
            os.set_inheritable(fd, False)
        failed, failing = os.pipe()
        owner = os.getpid()
        self.command = os.fork()
        if self.command == 0:
            try:
                self._become_command(owner)
            except OSError as error:
                os.write(failing, str(error.errno).encode())
            os._exit(127)
        os.close(failing)
        for fd in self.spec["fds"]:
            os.close(fd)
        answer = os.read(failed, 16)
        return int(answer) if answer else 0

    def _become_command(self, owner: int) -> None:
        os.setsid()
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != owner:
            os._exit(127)
        # Python ignores SIGPIPE, and an ignored signal stays ignored: `yes | head` would not end.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        for target, fd in enumerate(self.spec["fds"]):
            os.dup2(fd, target)
        os.chdir(self.spec["cwd"])
        os.execve(self.spec["program"], self.spec["argv"], self.spec["env"])

    def reap(self) -> bool:
        """Collect what has ended; False when no child is left, which for a reaper means no descendant."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self.command:
                self.status = status

    def wait(self, until: float, *, owner: bool) -> None:
        """Until the command has ended, the time is up or (`owner`) a stop is asked for."""
        watched = [OWNER, self.wake] if owner else [self.wake]
        while self.reap() or self.status is None:
            left = until - time.monotonic()
            if self.status is not None or left <= 0 or (owner and self.asked_to_stop):
                return
            ready = select.select(watched, [], [], left)[0]
            if self.wake in ready:
                os.read(self.wake, 4096)
            if OWNER in ready:
                self.asked_to_stop = True

    def interrupt(self) -> None:
        """SIGINT to the command itself: a sandbox's launcher would die of it and take its inside along."""
        targets = [self.command]
        while targets and name_of(targets[0]) == "bwrap":
            above = parents()
            targets = [pid for pid, parent in above.items() if parent in targets]
        for pid in targets:
            send(pid, signal.SIGINT)
        self.wait(time.monotonic() + INTERRUPT_GRACE_S, owner=False)

    def _left(self) -> list[int]:
        if self.reaper:
            return descendants(os.getpid())
        return [*([] if self.status is not None else [self.command]), *descendants(self.command)]

    def end(self) -> list[int]:
        """Kill until none remains; returns those that would not die."""
        deadline = time.monotonic() + KILL_S
        while self.reap() or not self.reaper:
            left = self._left()
            for pid in left:
                self.ended.add(pid)
                send(pid, signal.SIGKILL)
            if not self.reaper:
                self._kill_group()
            if time.monotonic() > deadline or (not left and not self.reaper):
                return left
            time.sleep(0.005)
        return []

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.command, signal.SIGKILL)

    def run(self) -> dict[str, Any]:
        failure = self.start()
        if failure:
            return {"errno": failure}
        self.wait(time.monotonic() + self.spec["timeout_s"], owner=True)
        stopped = self.status is None
        timed_out = stopped and not self.asked_to_stop
        if stopped and self.spec["interrupt_first"]:
            self.interrupt()
        linger = time.monotonic() + (0 if stopped else LINGER_S)
        while self.reap() and time.monotonic() < linger:
            time.sleep(0.005)
        surviving = self.end()
        code = None if stopped or self.status is None else os.waitstatus_to_exitcode(self.status)
        return {
            "exit_code": code,
            "timed_out": timed_out,
            "ended": sorted(self.ended - set(surviving)),
            "surviving": surviving,
            "reaper": self.reaper,
        }


def read_spec() -> dict[str, Any] | None:
    line = b""
    while not line.endswith(b"\n"):
        chunk = os.read(OWNER, 65536)
        if not chunk:
            return None
        line += chunk
    spec: dict[str, Any] = json.loads(line)
    return spec


def main() -> None:
    spec = read_spec()
    if spec is not None:
        try:
            sys.stdout.write(json.dumps(Tree(spec).run()))
            sys.stdout.flush()
        except BrokenPipeError:
            os._exit(0)  # The owner is gone, and with it whoever would have read the report.


if __name__ == "__main__":
    main()
