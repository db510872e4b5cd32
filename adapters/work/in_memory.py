"""Work items that live as long as the object does."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from adapters.work import comment_id, not_found
from faber.contract.delivery import Comment, Issue


class InMemoryWorkItems:
    """An item answers to its id and to its number."""

    def __init__(self, issues: Iterable[Issue] = ()) -> None:
        self._issues = {issue.id: issue for issue in issues}
        self._written: dict[str, dict[str, Comment]] = {}

    async def fetch(self, work_id: str) -> Issue:
        issue = self._find(work_id)
        written = self._written.get(issue.id, {}).values()
        return issue.model_copy(deep=True, update={"comments": [*issue.comments, *written]})

    async def upsert_comment(self, work_id: str, marker: str, body: str) -> str:
        written = self._written.setdefault(self._find(work_id).id, {})
        name = comment_id(marker)
        body = body.strip()
        if name not in written or written[name].body != body:
            written[name] = Comment(
                author="faber", body=body, at=datetime.now(UTC).isoformat(timespec="seconds")
            )
        return name

    def _find(self, work_id: str) -> Issue:
        wanted = work_id.removeprefix("#")
        for issue in self._issues.values():
            if wanted == issue.id or (issue.number is not None and wanted == str(issue.number)):
                return issue
        raise not_found(work_id, "memory", self._issues)
