"""The journal as files of this host, shared by every worker process on it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from adapters.journal import Lease, leases
from adapters.journal.durable import append_whole, locked, make_folder, write_whole
from adapters.journal.names import key_of, one_line, path_of, refuse_mixed

_NOTE, _LINES, _LEASE = ".note", ".lines", ".lease"
# Lock files are never removed, because a lock on a removed file excludes nobody: so there is a fixed number.
_LOCKS = 64


class FolderJournal:
    """`data_dir` is the engine's data folder; everything lies under its `journal/`."""

    def __init__(self, data_dir: Path) -> None:
        self._root = data_dir / "journal"
        self._notes = self._root / "notes"
        self._leases = self._root / "leases"
        self._locks = self._root / "locks"

    def load(self, key: str) -> str | None:
        note = _read(self._file(key, _NOTE))
        lines = None if note is not None else _read(self._file(key, _LINES))
        # A line without its newline was being written when its writer died, and nobody was told it was kept.
        return note if lines is None else lines[: lines.rfind("\n") + 1]

    def save(self, key: str, text: str, *, lease: Lease | None = None) -> None:
        with self._fenced(lease):
            refuse_mixed(key, self._file(key, _LINES).exists())
            write_whole(self._file(key, _NOTE), _bytes(text), mode=0o600)

    def append(self, key: str, line: str, *, lease: Lease | None = None) -> None:
        whole = _bytes(one_line(key, line))
        # The lease's lock always comes first: in one order for everybody, no two can wait for each other.
        with self._fenced(lease), self._locked("lines", key):
            refuse_mixed(key, self._file(key, _NOTE).exists())
            append_whole(self._file(key, _LINES), whole)

    def keys(self, prefix: str) -> list[str]:
        return sorted(self._keys(prefix))

    def delete(self, prefix: str) -> int:
        gone = len(list(self._keys(prefix)))
        for root in (self._leases, self._notes):
            folder = _folder(root, prefix)
            if folder.is_dir():
                shutil.rmtree(folder)
            for suffix in (_NOTE, _LINES, _LEASE):
                Path(f"{folder}{suffix}").unlink(missing_ok=True)
        return gone

    def take_lease(self, key: str, attempt: int, owner: str) -> str | None:
        wanted = Lease(key, attempt, owner)
        with self._locked("lease", key):
            previous = leases.take(self._held(key), wanted)
            write_whole(
                self._lease_file(key), _bytes(json.dumps({"attempt": attempt, "owner": owner})), mode=0o600
            )
        return previous

    def check_lease(self, key: str, attempt: int, owner: str) -> None:
        with self._fenced(Lease(key, attempt, owner)):
            pass

    def _fenced(self, lease: Lease | None) -> AbstractContextManager[None]:
        return nullcontext() if lease is None else self._holding(lease)

    @contextmanager
    def _holding(self, lease: Lease) -> Iterator[None]:
        with self._locked("lease", lease.key):
            leases.check(self._held(lease.key), lease)
            yield

    @contextmanager
    def _locked(self, what: str, key: str) -> Iterator[None]:
        make_folder(self._locks)
        number = hashlib.sha256(_bytes(key)).digest()[0] % _LOCKS
        with locked(self._locks / f"{what}-{number:02d}"):
            yield

    def _held(self, key: str) -> Lease | None:
        text = _read(self._lease_file(key))
        if text is None:
            return None
        held = json.loads(text)
        return Lease(key, held["attempt"], held["owner"])

    def _file(self, key: str, suffix: str) -> Path:
        return Path(f"{self._notes / path_of(key)}{suffix}")

    def _lease_file(self, key: str) -> Path:
        return Path(f"{self._leases / path_of(key)}{_LEASE}")

    def _keys(self, prefix: str) -> Iterator[str]:
        folder = _folder(self._notes, prefix)
        if prefix and any(Path(f"{folder}{suffix}").exists() for suffix in (_NOTE, _LINES)):
            yield prefix
        for parent, _, names in os.walk(folder):
            parents = Path(parent).relative_to(self._notes).parts
            for name in names:
                stem, dot, suffix = name.partition(".")
                if dot + suffix in (_NOTE, _LINES):
                    yield key_of((*parents, stem))


def _folder(root: Path, prefix: str) -> Path:
    return root / path_of(prefix) if prefix else root


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8", "surrogatepass")
    except FileNotFoundError:
        return None
