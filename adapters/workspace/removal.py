"""Taking away, or making readable, what a command left: too deep, read-only, neither file nor folder."""

from __future__ import annotations

import contextlib
import os
import stat
import uuid
from pathlib import Path


def empty(trash: Path) -> None:
    """Also what a killed worker left, folders that somebody made read-only, and ones deeper than any path: each
    folder within comes up beside it first. Links are not followed."""
    while entries := list(trash.iterdir()) if trash.is_dir() else []:
        if not sum(_dissolve(entry, trash) for entry in entries):
            return


def _dissolve(entry: Path, trash: Path) -> bool:
    # Another worker may empty the same folder at this moment.
    with contextlib.suppress(OSError):
        if entry.is_symlink() or not entry.is_dir():
            entry.unlink()
            return True
        make_writable(entry)
        for inner in list(entry.iterdir()):
            with contextlib.suppress(OSError):
                if inner.is_symlink() or not inner.is_dir():
                    inner.unlink()
                else:
                    make_writable(inner)
                    inner.rename(trash / uuid.uuid4().hex)
        entry.rmdir()
        return True
    return False


def make_writable(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.chmod(stat.S_IMODE(folder.lstat().st_mode) | stat.S_IRWXU)


def make_readable(root: Path) -> bool:
    """Files and folders of their owner for git to read; pipes, sockets and devices, of which it makes nothing, go.
    Whether there was any. Links are not followed, and `.git` is left alone."""
    changed, waiting = False, [root]
    while waiting:
        with contextlib.suppress(OSError):
            for entry in list(os.scandir(waiting.pop())):
                if entry.name != ".git":
                    changed = _mend(Path(entry)) or changed
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(Path(entry))
    return changed


def _mend(path: Path) -> bool:
    with contextlib.suppress(OSError):
        mode = path.lstat().st_mode
        wanted = stat.S_IRWXU if stat.S_ISDIR(mode) else stat.S_IRUSR | stat.S_IWUSR
        if stat.S_ISLNK(mode):
            return False
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            path.unlink()
            return True
        if mode & wanted != wanted:
            path.chmod(stat.S_IMODE(mode) | wanted)
            return True
    return False
