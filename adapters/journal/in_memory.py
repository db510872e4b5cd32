"""A journal that lives as long as the object does."""

from __future__ import annotations

from threading import RLock

from adapters.journal import Lease, leases
from adapters.journal.names import one_line, refuse_mixed, under


class InMemoryJournal:
    def __init__(self) -> None:
        self._notes: dict[str, str] = {}
        self._lines: dict[str, str] = {}
        self._leases: dict[str, Lease] = {}
        self._lock = RLock()

    def load(self, key: str) -> str | None:
        with self._lock:
            return self._notes.get(key, self._lines.get(key))

    def save(self, key: str, text: str, *, lease: Lease | None = None) -> None:
        with self._lock:
            self._fence(lease)
            refuse_mixed(key, key in self._lines)
            self._notes[key] = text

    def append(self, key: str, line: str, *, lease: Lease | None = None) -> None:
        with self._lock:
            self._fence(lease)
            refuse_mixed(key, key in self._notes)
            self._lines[key] = self._lines.get(key, "") + one_line(key, line)

    def keys(self, prefix: str) -> list[str]:
        with self._lock:
            return sorted(key for key in (*self._notes, *self._lines) if under(prefix, key))

    def delete(self, prefix: str) -> int:
        with self._lock:
            for lease in [key for key in self._leases if under(prefix, key)]:
                del self._leases[lease]
            gone = self.keys(prefix)
            for key in gone:
                self._notes.pop(key, None)
                self._lines.pop(key, None)
            return len(gone)

    def take_lease(self, key: str, attempt: int, owner: str) -> str | None:
        with self._lock:
            wanted = Lease(key, attempt, owner)
            previous = leases.take(self._leases.get(key), wanted)
            self._leases[key] = wanted
            return previous

    def check_lease(self, key: str, attempt: int, owner: str) -> None:
        self._fence(Lease(key, attempt, owner))

    def _fence(self, lease: Lease | None) -> None:
        with self._lock:
            if lease is not None:
                leases.check(self._leases.get(lease.key), lease)
