"""Reading what an agent wrote beside its answer: session files of JSON lines, and JSON within its words."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from faber.contract.money import micro

TRANSCRIPT_BYTES = 1_000_000
OBJECT = re.compile(r"^\{", re.MULTILINE)
# Each failure costs a pass over the text, so a log full of braces is not searched to its start.
TRIES = 20


class Growing:
    """JSON lines of files that another process is still writing; each line is given once."""

    def __init__(self) -> None:
        self._read: dict[Path, int] = {}

    def new(self, paths: Iterable[Path]) -> Iterator[dict[str, Any]]:
        for path in paths:
            with path.open("rb") as file:
                file.seek(self._read.get(path, 0))
                for line in file:
                    # The last line may be half written; it is read again when it is whole.
                    if not line.endswith(b"\n"):
                        break
                    self._read[path] = self._read.get(path, 0) + len(line)
                    yield from _object(line)


def transcript(paths: Iterable[Path]) -> str:
    """The end of the session, which is the part that explains its result."""
    text = b"".join(path.read_bytes() for path in paths)
    return text[-TRANSCRIPT_BYTES:].decode("utf-8", "replace")


def last_object(text: str) -> dict[str, Any] | None:
    """The last JSON object that begins a line of the text; None when there is none."""
    decoder = json.JSONDecoder()
    for start in reversed([found.start() for found in OBJECT.finditer(text)][-TRIES:]):
        try:
            value, _ = decoder.raw_decode(text[start:])
        except (ValueError, RecursionError):
            continue
        return dict(value)
    return None


def dollars(value: Any) -> int | None:
    """Micro-dollars of what an agent says it cost, None for anything but an amount."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return micro(value) if is_number and 0 <= value < math.inf else None


def _object(line: bytes) -> Iterator[dict[str, Any]]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return
    if isinstance(value, dict):
        yield value
