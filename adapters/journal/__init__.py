"""What an attempt leaves behind for the next one: intents, answers, tool results, leases."""

from __future__ import annotations

from typing import Protocol


class Journal(Protocol):
    """Durable notes under a key such as `<first execution run id>/build/1/3/<sha256>`, kept on this host's disk.

    `save` is atomic and flushed to disk before it returns. Keys are made of segments joined by `/`.
    """

    def load(self, key: str) -> str | None: ...

    def save(self, key: str, text: str) -> None: ...

    def append(self, key: str, line: str) -> None:
        """Add one line (atomic, flushed); read back with `load`."""
        ...

    def keys(self, prefix: str) -> list[str]: ...

    def delete(self, prefix: str) -> int:
        """Remove every note under the prefix; returns how many."""
        ...

    def take_lease(self, key: str, attempt: int, owner: str) -> str | None:
        """Become the owner of `key`; returns the previous owner when it was another one.

        Errors: LeaseLost when a newer attempt has it already."""
        ...

    def check_lease(self, key: str, attempt: int, owner: str) -> None:
        """Errors: LeaseLost when somebody newer has taken it."""
        ...
