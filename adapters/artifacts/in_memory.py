"""Artifacts that live as long as the object does."""

from __future__ import annotations

from adapters.artifacts import absent, checked_name, name_of


class InMemoryArtifacts:
    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}

    async def put(self, content: bytes) -> str:
        name = name_of(content)
        self._objects[name] = bytes(content)
        return name

    async def get(self, sha256: str) -> bytes:
        try:
            return self._objects[checked_name(sha256)]
        except KeyError:
            raise absent(sha256, "memory") from None
