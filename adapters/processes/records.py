"""What stands on disk about each running command, so that a later worker can end what an earlier one lost."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

RUN_MARK = "FABER_RUN_ID"
LEASE_MARK = "FABER_LEASE"
RECORD_MARK = "FABER_PROCESS"
# psutil derives a start time from the boot time, which moves a little when the clock is set.
CLOCK_S = 2.0


@dataclass(frozen=True)
class Mark:
    """What every process of one command bears in its environment. `record` is the path of its record."""

    run_id: str
    lease: str
    record: str

    @property
    def environment(self) -> dict[str, str]:
        return {RUN_MARK: self.run_id, LEASE_MARK: self.lease, RECORD_MARK: self.record}


@dataclass(frozen=True)
class Identity:
    """A process that a reused pid cannot be mistaken for; `start_time` in Unix seconds."""

    pid: int
    start_time: float

    @classmethod
    def of(cls, pid: int) -> Identity:
        return cls(pid, psutil.Process(pid).create_time())

    def process(self) -> psutil.Process | None:
        """The live process, None when it is gone or is another one."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.start_time) < CLOCK_S
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.Error:
            return None


@dataclass(frozen=True)
class Record:
    """`supervisor` holds the command's tree and is None until it runs; `worker` asked for it; pids mean
    something on `host` only."""

    run_id: str
    lease: str
    owner: str
    host: str
    supervisor: Identity | None
    worker: Identity


class Records:
    def __init__(self, folder: Path, owner: str) -> None:
        self._folder = folder.resolve()
        self._owner = owner
        self._host = platform.node()

    def path(self, process_id: str) -> Path:
        return self._folder / f"{process_id}.json"

    def owns(self, mark: Mark) -> bool:
        """Whether that mark was given by this installation: another one may use the same run ids."""
        return Path(mark.record).parent == self._folder

    def write(self, mark: Mark, supervisor: int | None) -> None:
        """Without a `supervisor` before it starts: a marked process without a record counts as a stray."""
        me, holder = Identity.of(os.getpid()), Identity.of(supervisor) if supervisor else None
        record = Record(mark.run_id, mark.lease, self._owner, self._host, supervisor=holder, worker=me)
        self._folder.mkdir(parents=True, exist_ok=True)
        path = Path(mark.record)
        unfinished = path.with_suffix(".new")
        unfinished.write_text(json.dumps(asdict(record)))
        unfinished.replace(path)

    def read(self, path: Path) -> Record | None:
        """None when there is none, or when its processes are on another host."""
        try:
            raw = json.loads(path.read_text())
        except FileNotFoundError:
            return None
        holder, worker = raw.pop("supervisor"), Identity(**raw.pop("worker"))
        record = Record(**raw, supervisor=Identity(**holder) if holder else None, worker=worker)
        return record if record.host == self._host else None

    def all(self) -> Iterator[tuple[Mark, Record]]:
        for path in sorted(self._folder.glob("*.json")):
            record = self.read(path)
            if record is not None:
                yield Mark(record.run_id, record.lease, str(path)), record

    def is_orphaned(self, mark: Mark) -> bool:
        """Whether the worker process that asked for it is gone."""
        record = self.read(Path(mark.record))
        return record is None or record.worker.process() is None

    def remove(self, mark: Mark) -> None:
        Path(mark.record).unlink(missing_ok=True)
