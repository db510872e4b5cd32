"""The file tools: list, read, write and edit below one root."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from adapters.tools import paths
from adapters.tools.paths import Refused
from domain.redaction import MARK, Redactor

# Named but not entered, unless asked for: what installers and test runs leave behind.
LEFT_OUT = frozenset(
    [
        "node_modules",
        "__pycache__",
        ".venv",
        "venv",
        ".tox",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".hypothesis",
    ]
)
MOST_FILES = 1_000
MOST_LOOKED_AT = 100_000
DEEPEST = 60
LARGEST_FILE = 5_000_000
MOST_LINES = 2_000
MOST_CHARACTERS = 60_000


class Files:
    def __init__(self, root: Path, redactor: Redactor) -> None:
        self._root = root
        self._redact = redactor

    def list(self, path: str = ".", files: str | None = None) -> str:
        parts = paths.parts_of(path)
        found: list[str] = []
        with paths.folder(self._root, parts) as handle:
            for looked_at, name in enumerate(_walk(handle, "/".join(parts))):
                if files is None or _fits(name, files):
                    found.append(name)
                if len(found) >= MOST_FILES or looked_at >= MOST_LOOKED_AT:
                    found.append(f"[stopped after {len(found):,} files: name a folder or a pattern]")
                    break
        return "\n".join(found) or f"[no files{f' that fit {files}' if files else ''} in {path}]"

    def read(self, path: str, start_line: int = 1, end_line: int | None = None) -> str:
        data = paths.read_file(self._root, paths.parts_of(path), LARGEST_FILE)
        if b"\0" in data[:8_000]:
            raise Refused(f"{path} is a binary file of {len(data):,} bytes: only text can be read")
        # Redacted as a whole, because a range could show the middle of a key without its first line.
        lines = self._redact(data.decode("utf-8", "replace")).split("\n")
        if lines[-1] == "":
            lines.pop()
        if start_line > max(len(lines), 1):
            raise Refused(f"{path} has {len(lines)} lines: `start_line` {start_line} is beyond its end")
        if end_line is not None and end_line < start_line:
            raise Refused(f"`end_line` {end_line} is before `start_line` {start_line}")
        return _shown(lines, start_line, end_line)

    def write(self, path: str, content: str) -> str:
        parts = paths.parts_of(path)
        old = self._old(parts)
        new = _encoded(content)
        self._keep_secrets(path, old, new)
        if old == new:
            return f"{path} has exactly that content already"
        is_new = paths.write_file(self._root, parts, new)
        return f"{'made' if is_new else 'replaced'} {path}: {len(new):,} bytes"

    def edit(self, path: str, old_text: str, new_text: str) -> str:
        parts = paths.parts_of(path)
        data = paths.read_file(self._root, parts, LARGEST_FILE)
        old, new = _encoded(old_text), _encoded(new_text)
        if old not in data and b"\r\n" in data:
            old, new = (text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for text in (old, new))
        count = data.count(old)
        if count != 1:
            raise Refused(_why_not_once(path, count, old_text, data))
        changed = data.replace(old, new)
        self._keep_secrets(path, data, changed)
        paths.write_file(self._root, parts, changed)
        line = data[: data.index(old)].count(b"\n") + 1
        return f"edited {path} at line {line}: {len(old):,} bytes became {len(new):,}"

    def _old(self, parts: tuple[str, ...]) -> bytes | None:
        try:
            return paths.read_file(self._root, parts, LARGEST_FILE)
        except Refused:
            # Absent, or too large to be compared; what may not be written is refused by the write itself.
            return None

    def _keep_secrets(self, path: str, old: bytes | None, new: bytes) -> None:
        """The model saw a mark in place of a secret: written back, the mark would destroy the secret."""
        mark = MARK.encode()
        if old is None or new.count(mark) <= old.count(mark):
            return
        text = old.decode("utf-8", "replace")
        if self._redact(text) != text:
            raise Refused(
                f"{path} holds a secret that was shown to you as {MARK}, and this would overwrite it with that mark: "
                "use edit_file on passages without it"
            )


def _walk(handle: int, above: str) -> Iterator[str]:
    for folder, folders, names, within in os.fwalk(".", dir_fd=handle, follow_symlinks=False):
        here = "/".join([part for part in (above, folder.removeprefix(".").removeprefix("/")) if part])
        prefix = f"{here}/" if here else ""
        linked = [name for name in folders if _is_link(within, name)]
        folders[:] = sorted(name for name in folders if not paths.is_git(name) and name not in linked)
        left_out = [name for name in folders if name in LEFT_OUT or here.count("/") >= DEEPEST]
        folders[:] = [name for name in folders if name not in left_out]
        shown = (
            [name for name in names if not paths.is_git(name)] + [name + "/" for name in left_out] + linked
        )
        yield from (
            f"{prefix}{name}{' [a link]' if _is_link(within, name) else ''}" for name in sorted(shown)
        )


def _is_link(folder: int, name: str) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name.rstrip("/"), dir_fd=folder, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False


def _fits(path: str, pattern: str) -> bool:
    return fnmatchcase(path, pattern) or fnmatchcase(path.rpartition("/")[2], pattern.removeprefix("**/"))


def _shown(lines: list[str], start: int, end: int | None) -> str:
    last = min(len(lines), end or len(lines), start + MOST_LINES - 1)
    taken: list[str] = []
    length = 0
    for line in lines[start - 1 : last]:
        length += len(line) + 1
        if length > MOST_CHARACTERS:
            break
        taken.append(line)
    if not taken and start <= last:
        cut = lines[start - 1][:MOST_CHARACTERS]
        return (
            f"{cut}\n[line {start} of {len(lines)} is longer than {MOST_CHARACTERS:,} characters and was cut]"
        )
    reached = start + len(taken) - 1
    if reached < min(len(lines), end or len(lines)):
        taken.append(f"[lines {start} to {reached} of {len(lines)}: go on with start_line {reached + 1}]")
    elif start > 1 or reached < len(lines):
        taken.append(f"[lines {start} to {reached} of {len(lines)}]")
    return "\n".join(taken) if lines else "[the file is empty]"


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise Refused(
            f"The text has half a surrogate pair at position {error.start}: send whole characters"
        ) from None


def _why_not_once(path: str, count: int, old_text: str, data: bytes) -> str:
    if count:
        return (
            f"`old_text` occurs {count} times in {path}: take more of the lines around the one that you mean"
        )
    if MARK in old_text:
        return f"`old_text` is not in {path}: {MARK} stands for a secret; choose a passage without it"
    first = old_text.strip().split("\n")[0].strip()
    lines = [number for number, line in enumerate(data.split(b"\n"), 1) if first and first.encode() in line]
    near = (
        f"; its first line occurs at line {', '.join(map(str, lines[:5]))}, so what follows differs"
        if lines
        else ""
    )
    return f"`old_text` is not in {path}, character for character{near}: read the file again"
