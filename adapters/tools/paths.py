"""Confinement by path: every step is opened from the folder before it and never through a link."""

from __future__ import annotations

import errno
import os
import secrets
import stat
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from faber.errors import ValidationError, WorkerError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_LONGEST_NAME = 255


class Refused(ValidationError):
    """The model asked for something that it does not get; the message tells it why, and what it may ask for."""


def parts_of(path: str) -> tuple[str, ...]:
    """The names along a relative path; none for the root itself. Errors: Refused."""
    bad = [character for character in path if unicodedata.category(character) in ("Cc", "Cs")]
    if bad:
        raise Refused(f"{path[:200]!r} has control characters in it: give a plain path")
    if path.startswith("/"):
        raise Refused(
            f"{path!r} is absolute: give a path relative to the root of the repository, such as `src/a.py`"
        )
    parts = tuple(part for part in path.split("/") if part not in ("", "."))
    if ".." in parts:
        raise Refused(f"{path!r} has `..` in it: give a path that goes down from the root of the repository")
    for part in parts:
        if is_git(part):
            raise Refused(
                f"{path!r} is inside `.git`, which belongs to the engine: name a file of the repository"
            )
        if len(part.encode()) > _LONGEST_NAME:
            raise Refused(f"A name of {len(part.encode())} bytes is too long: {_LONGEST_NAME} is the limit")
    return parts


def is_git(name: str) -> bool:
    """Also as other file systems spell it: HFS+ ignores format characters, NTFS has short names and streams."""
    visible = "".join(character for character in name if unicodedata.category(character) != "Cf")
    plain = unicodedata.normalize("NFKC", visible).casefold().split(":")[0].rstrip(". ")
    return plain in (".git", "git~1")


@contextmanager
def folder(root: Path, parts: Sequence[str], *, make: bool = False) -> Iterator[int]:
    """A descriptor of the folder, closed at the end. What is swapped for a link meanwhile is not followed."""
    try:
        handle = os.open(root, _FOLDER)
    except OSError as error:
        raise WorkerError(f"The worktree {root} cannot be opened: {error.strerror}. Open it anew") from error
    try:
        for number, part in enumerate(parts):
            if make:
                with suppress(FileExistsError):
                    os.mkdir(part, dir_fd=handle)
            following = _step(handle, part, "/".join(parts[: number + 1]))
            os.close(handle)
            handle = following
        yield handle
    finally:
        os.close(handle)


def find(root: Path, parts: Sequence[str]) -> None:
    """Errors: Refused when there is neither a folder nor a regular file."""
    if parts:
        with folder(root, parts[:-1]) as parent:
            path = "/".join(parts)
            try:
                state = os.stat(parts[-1], dir_fd=parent, follow_symlinks=False)
            except FileNotFoundError:
                raise Refused(f"{path} does not exist: `list_files` shows what does") from None
            if not (stat.S_ISDIR(state.st_mode) or stat.S_ISREG(state.st_mode)):
                raise Refused(f"{path} is {_kind(state)}: name a folder or a regular file")


def read_file(root: Path, parts: Sequence[str], limit: int) -> bytes:
    """Errors: Refused when it is not a regular file, or has more than `limit` bytes."""
    with folder(root, parts[:-1]) as parent:
        state = _regular(parent, parts)
        if state is None:
            raise Refused(f"{'/'.join(parts)} does not exist: `list_files` shows what does")
        try:
            handle = os.open(
                parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=parent
            )
        except (FileNotFoundError, IsADirectoryError) as error:
            raise Refused(f"{'/'.join(parts)} was replaced while it was opened: try again") from error
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise Refused(f"{'/'.join(parts)} was replaced while it was opened: try again")
            content = file.read(limit + 1)
    if len(content) > limit:
        raise Refused(
            f"{'/'.join(parts)} has more than {limit:,} bytes: use `search` to find what you need in it"
        )
    return content


def write_file(root: Path, parts: Sequence[str], content: bytes) -> bool:
    """Replace or make the file, and the folders above it; true when it is new. Its mode bits are kept."""
    if not parts:
        raise Refused("The root is a folder: name a file in it")
    with folder(root, parts[:-1], make=True) as parent:
        state = _regular(parent, parts)
        # A new file and a rename, because the old one may have a second name outside of the worktree.
        temporary = f".faber-{secrets.token_hex(8)}"
        handle = os.open(
            temporary,
            os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC,
            0o666,
            dir_fd=parent,
        )
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                if state is not None:
                    os.fchmod(handle, stat.S_IMODE(state.st_mode) & 0o777)
            os.rename(temporary, parts[-1], src_dir_fd=parent, dst_dir_fd=parent)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(temporary, dir_fd=parent)
            raise
    return state is None


def _step(handle: int, part: str, path: str) -> int:
    try:
        return os.open(part, _FOLDER, dir_fd=handle)
    except FileNotFoundError:
        raise Refused(f"The folder {path} does not exist: `list_files` shows what does") from None
    except OSError as error:
        if error.errno not in (errno.ENOTDIR, errno.ELOOP):
            raise
        raise Refused(
            f"{path} is {_kind_of(handle, part)}, not a folder: links are not followed, name the real path"
        ) from None


def _regular(parent: int, parts: Sequence[str]) -> os.stat_result | None:
    """What is known of the regular file, None when there is nothing. Looked at before it is opened, because
    opening a device or a pipe already does something."""
    path = "/".join(parts) or "."
    if not parts:
        raise Refused("The root is a folder, not a file: name a file in it")
    try:
        state = os.stat(parts[-1], dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(state.st_mode):
        raise Refused(f"{path} is {_kind(state)}, not a regular file: name a regular file")
    return state


def _kind_of(handle: int, name: str) -> str:
    try:
        return _kind(os.stat(name, dir_fd=handle, follow_symlinks=False))
    except FileNotFoundError:
        return "gone meanwhile"


def _kind(state: os.stat_result) -> str:
    if stat.S_ISLNK(state.st_mode):
        return "a symbolic link"
    return (
        "a folder"
        if stat.S_ISDIR(state.st_mode)
        else "a file"
        if stat.S_ISREG(state.st_mode)
        else "a device or pipe"
    )
