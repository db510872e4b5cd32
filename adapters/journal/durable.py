"""Files that survive a crash: written whole or not at all, flushed to disk, locked between processes."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


def write_whole(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Replace `path` at once: a reader, or a crash at any point, sees the old bytes or the new ones."""
    make_folder(path.parent)
    replace_whole(path, content, mode=mode)


def replace_whole(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """The same in a folder that is there, and that stays away when it is not. Errors: FileNotFoundError."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    flush_folder(path.parent)


def append_whole(path: Path, lines: bytes) -> None:
    """Add whole lines, behind the last whole one: a line that its writer did not finish is taken away.

    Nobody but the owner reads the file."""
    make_folder(path.parent)
    new = not path.exists()
    with path.open("ab+") as file:
        if new:
            os.fchmod(file.fileno(), 0o600)
        _cut_torn_line(file)
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())
    if new:
        flush_folder(path.parent)


def _cut_torn_line(file: BinaryIO) -> None:
    size = file.seek(0, os.SEEK_END)
    if size:
        file.seek(size - 1)
        if file.read(1) != b"\n":
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)


def make_folder(folder: Path) -> None:
    """Make the folder and its parents; each new name is flushed, or a crash could lose all below it."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for new in reversed(missing):
        new.mkdir(exist_ok=True)
        flush_folder(new.parent)


def flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the exclusive lock of an existing folder, or of a file that is made and then never removed.

    Every entry opens anew, so threads of one process exclude each other too; a killed holder lets go."""
    flags = os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT
    handle = os.open(path, flags | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
