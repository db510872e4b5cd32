"""Bytes kept outside history, named by sha256."""

from __future__ import annotations

import hashlib
import re
from typing import Protocol

from faber.errors import ArtifactMissing, WorkerError


class Artifacts(Protocol):
    """A content-addressed store: putting the same bytes twice is one object."""

    async def put(self, content: bytes) -> str:
        """Store and return the sha256 (64 hex digits). Putting again mends an object that was damaged."""
        ...

    async def get(self, sha256: str) -> bytes:
        """Errors: ArtifactMissing; WorkerError when the bytes no longer match their name."""
        ...


def name_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def checked_name(sha256: str) -> str:
    """A name comes from a run's state and becomes a path: anything but 64 hex digits is refused."""
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise WorkerError(
            f"{sha256[:80]!r} names no artifact: a name is the sha256 in 64 lower-case hex digits"
        )
    return sha256


def absent(sha256: str, where: str) -> ArtifactMissing:
    return ArtifactMissing(
        f"Artifact {sha256} is not in {where}: it was pruned, or this worker looks into another store than the one "
        "that wrote it; give every worker the same store by FABER_ARTIFACTS_URL, or the same FABER_DATA_DIR"
    )
