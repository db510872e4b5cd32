"""Keys as safe paths and back: every key has a path of its own, on case-folding file systems too."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from faber.errors import WorkerError

_LONGEST_NAME = 180
_LONGEST_PATH = 3_000
_GOES_ON = "~"
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789_-")


def path_of(key: str) -> PurePosixPath:
    """Each segment becomes one name, a long one several: all but the last end with `~`."""
    path = PurePosixPath(*(name for segment in key.split("/") for name in _names(segment)))
    if len(str(path)) > _LONGEST_PATH:
        raise WorkerError(f"The note {key[:80]!r}... has a key of {len(key)} characters: name it by a sha256")
    return path


def key_of(names: Iterable[str]) -> str:
    segments, part = [], ""
    for name in names:
        part += name.removesuffix(_GOES_ON)
        if not name.endswith(_GOES_ON):
            segments.append(_decoded(part))
            part = ""
    return "/".join(segments)


def under(prefix: str, key: str) -> bool:
    return not prefix or key == prefix or key.startswith(prefix + "/")


def one_line(key: str, line: str) -> str:
    if "\n" in line or "\r" in line:
        raise WorkerError(f"A line for {key!r} has line breaks in it: encode it as JSON first")
    return line + "\n"


def refuse_mixed(key: str, mixed: bool) -> None:
    if mixed:
        raise WorkerError(f"The note {key!r} is both saved and appended to: use two keys")


def _names(segment: str) -> list[str]:
    raw = segment.encode("utf-8", "surrogatepass")
    # `%` alone stands for the empty segment, which has no other encoding.
    safe = "".join(chr(byte) if byte in _PLAIN else f"%{byte:02x}" for byte in raw) or "%"
    pieces = [safe[start : start + _LONGEST_NAME] for start in range(0, len(safe), _LONGEST_NAME)]
    return [piece + _GOES_ON for piece in pieces[:-1]] + pieces[-1:]


def _decoded(safe: str) -> str:
    if safe == "%":
        return ""
    raw = re.sub(rb"%([0-9a-f]{2})", lambda match: bytes([int(match[1], 16)]), safe.encode("ascii"))
    return raw.decode("utf-8", "surrogatepass")
