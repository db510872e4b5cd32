"""Artifacts in a folder of this host, or wherever an fsspec URL points: `s3://bucket/faber`, `memory://x`."""

from __future__ import annotations

import asyncio
from pathlib import Path

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from adapters.artifacts import absent, checked_name, name_of
from adapters.journal.durable import write_whole
from faber.errors import ConfigurationError, WorkerError


class FolderArtifacts:
    """`place` is a path or an fsspec URL. Objects lie fanned out as `ab/cd/abcd...`.

    An object store takes an object whole or not at all; on a local disk the rename does that."""

    def __init__(self, place: str | Path) -> None:
        self._place = str(place)
        try:
            self._files, self._root = url_to_fs(self._place)
        except (ImportError, ValueError) as error:
            raise ConfigurationError(
                f"The artifact store {self._place!r} cannot be opened: {error}. "
                "Install what the message names, or give a plain folder"
            ) from error
        self._local = isinstance(self._files, LocalFileSystem)

    async def put(self, content: bytes) -> str:
        name = name_of(content)
        await asyncio.to_thread(self._write, self._path(name), content)
        return name

    async def get(self, sha256: str) -> bytes:
        path = self._path(checked_name(sha256))
        try:
            content = bytes(await asyncio.to_thread(self._files.cat_file, path))
        except FileNotFoundError:
            raise absent(sha256, self._place) from None
        if name_of(content) != sha256:
            raise WorkerError(
                f"Artifact {sha256} in {self._place} is damaged: its bytes do not match its name. "
                f"Restore {path}, or run the phase that wrote it again"
            )
        return content

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name[:2]}/{name[2:4]}/{name}"

    def _write(self, path: str, content: bytes) -> None:
        if self._local:
            write_whole(Path(path), content)
            return
        self._files.makedirs(self._files._parent(path), exist_ok=True)
        self._files.pipe_file(path, content)
