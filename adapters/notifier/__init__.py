"""How a person is told that a run waits for them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from faber.errors import NotifyError

_ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\\\"\x00-\x1f\x7f]+@[^\s@,;:<>()\[\]\\\"\x00-\x1f\x7f]+")


@dataclass(frozen=True)
class Notice:
    to: str
    subject: str
    text: str
    key: str


class Notifier(Protocol):
    async def notify(self, to: str, subject: str, text: str, key: str) -> None:
        """Tell `to`, an e-mail address, once: the same key again is the same notice and nothing happens.

        Errors: NotifyError, and NotifyUnanswered when it may be tried again."""
        ...


def notice(to: str, subject: str, text: str, key: str) -> Notice:
    """A subject is one line; an address is one address. Errors: NotifyError."""
    if not _ADDRESS.fullmatch(to) or len(to) > 254:
        raise NotifyError(
            f"{to[:100]!r} is no e-mail address: write one, such as ann@example.org, without a name"
        )
    return Notice(to, " ".join(subject.split()), text, key)
