"""Notices that live as long as the object does."""

from __future__ import annotations

from adapters.notifier import Notice, notice


class InMemoryNotifier:
    """`notices` are those that were told, in order."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []

    async def notify(self, to: str, subject: str, text: str, key: str) -> None:
        told = notice(to, subject, text, key)
        if all(one.key != key for one in self.notices):
            self.notices.append(told)
