"""Text files that somebody else put there: read within bounds, and only when they are plain files."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from faber.errors import ValidationError

MAX_BYTES = 1_000_000


def read_plain(path: Path) -> str | None:
    """None when there is no such regular file: a link could lead anywhere."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ValidationError(f"{path} cannot be read: {error.strerror}. Make it a plain file") from error
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        with os.fdopen(handle, "rb", closefd=False) as file:
            content = file.read(MAX_BYTES + 1)
    finally:
        os.close(handle)
    if len(content) > MAX_BYTES:
        raise ValidationError(f"{path} is longer than {MAX_BYTES:,} bytes: shorten it or link to the rest")
    return content.decode("utf-8", "replace")
