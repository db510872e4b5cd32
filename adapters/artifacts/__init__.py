"""Bytes kept outside history, named by sha256."""

from __future__ import annotations

from typing import Protocol


class Artifacts(Protocol):
    """A content-addressed store: putting the same bytes twice is one object."""

    async def put(self, content: bytes) -> str:
        """Store and return the sha256 (64 hex digits)."""
        ...

    async def get(self, sha256: str) -> bytes:
        """Errors: faber.errors.WorkerError when absent or when the bytes no longer match their name."""
        ...
