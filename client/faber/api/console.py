"""The two streams: one JSON document to stdout, everything that is meant for a person to stderr."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any, TextIO

# A parent that never reads our stderr fills a pipe of 64 KB and would hang us with it.
OFF_TERMINAL_BYTES = 12 * 1024
LAST_WORDS_BYTES = 3 * 1024
# What to do next stands at the end.
LAST_ADVICE_BYTES = 1024

ODD = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def plain(text: str) -> str:
    """Without anything that a terminal would obey or a reader would be deceived by, such as reversed text."""
    return "".join(
        character
        if character in "\n\t" or unicodedata.category(character) not in ODD
        else "\N{REPLACEMENT CHARACTER}"
        for character in text.replace("\r\n", "\n")
    )


@dataclass
class Console:
    """`say` is progress, which is dropped once its share is used up; `last_words` always gets through."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)
    left: int = OFF_TERMINAL_BYTES
    said: set[str] = field(default_factory=set)

    @property
    def interactive(self) -> bool:
        """Somebody is there to read a question and to answer it."""
        return sys.stdin is not None and sys.stdin.isatty() and self.err.isatty()

    @property
    def shows_tables(self) -> bool:
        return self.out.isatty()

    def say(self, line: str) -> None:
        text = plain(line) + "\n"
        if not self.err.isatty():
            self.left -= len(text.encode())
        if self.left > 0:
            self._write(text)

    def note(self, line: str) -> None:
        """Said once."""
        if line not in self.said:
            self.said.add(line)
            self.say(f"note: {line}")

    def note_all(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.note(line)

    def last_words(self, message: str) -> None:
        encoded = plain(message).encode()
        if not self.err.isatty() and len(encoded) > LAST_WORDS_BYTES:
            said = encoded[: LAST_WORDS_BYTES - LAST_ADVICE_BYTES]
            encoded = said + b"\n...\n" + encoded[-LAST_ADVICE_BYTES:]
        self._write(encoded.decode(errors="ignore") + "\n")

    def _write(self, text: str) -> None:
        self.err.write(text)
        self.err.flush()

    def document(self, content: Any) -> None:
        """The answer, whole and last: whatever fails before leaves stdout empty."""
        indent = 2 if self.out.isatty() else None
        self.write(json.dumps(content, indent=indent, default=str) + "\n")

    async def stream(self, head: dict[str, Any], name: str, items: AsyncIterator[Any]) -> None:
        """One document too, `head` with a list more: each item is a line as it comes, so that nobody has to wait
        for the end. All lines after an item's first begin with a comma."""
        before = f"{json.dumps(head)[:-1]}, {json.dumps(name)}: [\n"
        async for item in items:
            self.write(f"{before}{json.dumps(item, default=str)}\n")
            before = ","
        self.write(("" if before == "," else before) + "]}\n")

    def text(self, content: str) -> None:
        self.write(plain(content) + "\n")

    def write(self, content: str) -> None:
        self.out.write(content)
        self.out.flush()
