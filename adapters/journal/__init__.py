"""What an attempt leaves behind for the next one: intents, answers, tool results, leases."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Lease(NamedTuple):
    """Proof of who works on `key`. `owner` names the worker process: its pid and start time.

    `attempt` is any number that grows with every attempt of the same key. Temporal's own attempt number
    starts at 1 again after a reset, so a key that outlives resets is fenced by the attempt's scheduled time.
    """

    key: str
    attempt: int
    owner: str


class Journal(Protocol):
    """Durable notes under a key such as `<first execution run id>/build/1/3/<sha256>`, on this host's disk.

    Keys are made of segments joined by `/`; any text is a key, and no two keys share a note. A key is either
    saved or appended to, never both. A prefix covers whole segments: `run-1` does not cover `run-10/x`.
    Errors: LeaseLost where a `lease` is given that no longer holds: then nothing was written.
    """

    def load(self, key: str) -> str | None: ...

    def save(self, key: str, text: str, *, lease: Lease | None = None) -> None:
        """Replace the note: atomic, and flushed to disk before it returns. With `lease` the check and the
        write are one step: no newer attempt can take over in between."""
        ...

    def append(self, key: str, line: str, *, lease: Lease | None = None) -> None:
        """Add one line (no line breaks; atomic, flushed); `load` returns every line with its newline."""
        ...

    def keys(self, prefix: str) -> list[str]:
        """The keys of the notes under the prefix, sorted; `""` is every note."""
        ...

    def delete(self, prefix: str) -> int:
        """Remove every note and lease under the prefix; returns how many notes."""
        ...

    def take_lease(self, key: str, attempt: int, owner: str) -> str | None:
        """Become the owner of `key`; returns the previous owner when it was another one.

        Errors: LeaseLost when a newer attempt has it already, or the same attempt of another owner."""
        ...

    def check_lease(self, key: str, attempt: int, owner: str) -> None:
        """Errors: LeaseLost when somebody newer has taken it, or nobody holds it."""
        ...
