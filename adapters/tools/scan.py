"""Searches files for one pattern; a program of its own, so that a pattern that never ends can be killed.

Reads one JSON request from stdin, {root, parts, pattern, literal, ignore_case, files, most_matches, skipped}, and
prints `path:line: text` lines. Standard library only: it runs isolated from the worktree that it reads.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import resource
import stat
import sys
from collections.abc import Iterator
from typing import Any

LONGEST_LINE = 300
LONGEST_WORD = 2_000
LARGEST_FILE = 2_000_000
DEEPEST = 60
MEMORY = 2_000_000_000
_BETWEEN = frozenset(" \t\"',;")


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    request = json.load(sys.stdin)
    source = re.escape(request["pattern"]) if request["literal"] else request["pattern"]
    try:
        pattern = re.compile(source, re.IGNORECASE if request["ignore_case"] else 0)
    except (re.error, RecursionError, OverflowError, MemoryError) as error:
        sys.exit(f"{error}")
    count = skipped = 0
    for path, data in _files(request):
        if data is None:
            skipped += 1
            continue
        for line in _matches(pattern, data):
            # Flushed line by line: what was found before a kill still counts.
            print(f"{path}:{line}", flush=True)
            count += 1
            if count >= request["most_matches"]:
                print(f"[stopped at {count} matches: narrow the pattern, `path` or `files`]")
                return
    if skipped:
        print(f"[{skipped} files of more than {LARGEST_FILE:,} bytes were not searched]")


def _files(request: dict[str, Any]) -> Iterator[tuple[str, bytes | None]]:
    """Each text file's path and bytes; None for one that is too large. Links are never followed."""
    handle = os.open(request["root"], os.O_RDONLY | os.O_DIRECTORY)
    parts: list[str] = request["parts"]
    last = parts[-1] if parts else "."
    for part in parts[:-1]:
        handle = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=handle)
    if stat.S_ISREG(os.stat(last, dir_fd=handle, follow_symlinks=False).st_mode):
        yield from _file(handle, last, "/".join(parts))
        return
    for folder, folders, names, within in os.fwalk(last, dir_fd=handle, follow_symlinks=False):
        below = [part for part in folder.split("/")[1:] if part]
        folders[:] = (
            sorted(f for f in folders if f.lower() not in request["skipped"]) if len(below) < DEEPEST else []
        )
        for name in sorted(names):
            path = "/".join([*parts, *below, name])
            if name != ".git" and (not request["files"] or _fits(path, name, request["files"])):
                yield from _file(within, name, path)


def _fits(path: str, name: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(path, pattern) or fnmatch.fnmatchcase(name, pattern.removeprefix("**/"))


def _file(folder: int, name: str, path: str) -> Iterator[tuple[str, bytes | None]]:
    try:
        if not stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            return
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except OSError:
        # Gone or unreadable since its folder was listed.
        return
    with os.fdopen(handle, "rb") as file:
        data = file.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        yield path, None
    elif b"\0" not in data[:8_000]:
        yield path, data


def _matches(pattern: re.Pattern[str], data: bytes) -> Iterator[str]:
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        found = pattern.search(line)
        if found:
            yield f"{number}: {_around(line.rstrip(chr(13)), found.start())}"


def _around(line: str, place: int) -> str:
    """The part of a long line around the match. It ends between words: the halves of a secret would not be known
    as one any more."""
    start = max(0, place - LONGEST_LINE // 3) if len(line) > LONGEST_LINE else 0
    while start and line[start - 1] not in _BETWEEN and start > place - LONGEST_WORD:
        start -= 1
    end = min(len(line), start + LONGEST_LINE)
    while end < len(line) and line[end] not in _BETWEEN and end < start + LONGEST_WORD:
        end += 1
    return f"{'...' if start else ''}{line[start:end]}{'...' if end < len(line) else ''}"


if __name__ == "__main__":
    main()
