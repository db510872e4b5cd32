"""Finding and ending processes by the mark in their environment, whoever started them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import psutil

from adapters.processes.records import LEASE_MARK, RECORD_MARK, RUN_MARK, Mark, Record, Records

SUPERVISOR_S = 4.5
KILL_S = 2.0


def marked(records: Records) -> Iterator[tuple[psutil.Process, Mark]]:
    """Processes of this installation's commands; never this process or one above it."""
    mine = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    for process in psutil.process_iter():
        try:
            environ = process.environ() if process.pid not in mine else {}
        except (psutil.Error, OSError):
            continue
        if RECORD_MARK in environ:
            mark = Mark(environ.get(RUN_MARK, ""), environ.get(LEASE_MARK, ""), environ[RECORD_MARK])
            if records.owns(mark):
                yield process, mark


def end_marked(records: Records, concerns: Callable[[Mark], bool]) -> tuple[int, ...]:
    """End what bears a mark that `concerns` accepts; returns the pids that are gone for it. Blocks up to 7 s.

    A live supervisor is asked first, because it knows descendants that have cleared their environment."""
    recorded = [(mark, record) for mark, record in records.all() if concerns(mark)]
    supervisors = [process for _, record in recorded if (process := _holder(record))]
    found = {child.pid: child for process in supervisors for child in _below(process)}
    found |= {process.pid: process for process, mark in marked(records) if concerns(mark)}
    for process in supervisors:
        found.pop(process.pid, None)
        _send(process.terminate)
    psutil.wait_procs(supervisors, timeout=SUPERVISOR_S)
    for process in supervisors:
        _send(process.kill)
    _kill_all(records, concerns)
    _, alive = psutil.wait_procs(list(found.values()), timeout=KILL_S)
    left = {process.pid for process in alive if _lives(process)}
    for mark, _ in recorded:
        if not left:
            records.remove(mark)
    return tuple(sorted(found.keys() - left))


def _kill_all(records: Records, concerns: Callable[[Mark], bool]) -> None:
    """A process may fork between being seen and being killed, so look until a look finds nothing new."""
    seen: set[int] = set()
    while new := [p for p, mark in marked(records) if concerns(mark) and p.pid not in seen and _lives(p)]:
        for process in new:
            seen.add(process.pid)
            _send(process.kill)


def _holder(record: Record) -> psutil.Process | None:
    return record.supervisor.process() if record.supervisor else None


def _below(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _send(signal: Callable[[], None]) -> None:
    try:
        signal()
    except psutil.Error:
        return
