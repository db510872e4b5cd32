"""Records that live as long as the object does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from adapters.records import (
    ACTIVE,
    DEFAULT_PAGE,
    Page,
    RunRecord,
    RunSummary,
    StoredDefinition,
    StoredTemplate,
    checked,
    content_sha256,
    new_version,
    not_yours,
    supersedes,
    taken,
)
from adapters.records.cursors import after, checked_limit, definition_place, run_place
from faber.contract.definition_runs import ExecutionStatus

Kind = Literal["definition", "template"]


@dataclass
class Entry:
    tenant: str | None
    deleted: bool = False
    versions: list[StoredDefinition] = field(default_factory=list)


class InMemoryRecords:
    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(tz=UTC)) -> None:
        self._now = now
        self._entries: dict[tuple[Kind, str], Entry] = {}
        self._runs: dict[str, RunRecord] = {}

    async def put_definition(
        self,
        id: str,
        document: dict[str, Any],
        source_text: str,
        author: str,
        tenant: str | None = None,
        *,
        first: bool = False,
    ) -> int:
        return self._put("definition", id, document, source_text, author, tenant, first)

    async def get_definition(
        self, id: str, version: int | None = None, *, tenant: str | None = None, deleted: bool = False
    ) -> StoredDefinition | None:
        return self._get("definition", id, version, tenant, deleted)

    async def list_definitions(
        self, *, tenant: str | None = None, cursor: str | None = None, limit: int = DEFAULT_PAGE
    ) -> Page[StoredDefinition]:
        start = definition_place(cursor) if cursor else ""
        names = sorted(id for kind, id in self._entries if kind == "definition" and id > start)
        found = [self._get("definition", id, None, tenant, False) for id in names]
        items = [one for one in found if one is not None]
        shown = items[: checked_limit(limit)]
        more = after("definitions", shown[-1].id) if len(items) > limit else None
        return Page(items=shown, next_cursor=more)

    async def delete_definition(self, id: str, tenant: str | None = None) -> bool:
        entry = self._entries.get(("definition", checked(id)))
        if entry is None or entry.deleted or entry.tenant not in (tenant, None):
            return False
        if entry.tenant != tenant:
            raise not_yours(id)
        entry.deleted = True
        return True

    async def put_template(self, id: str, text: str, author: str = "", tenant: str | None = None) -> int:
        return self._put("template", id, {}, text, author, tenant, False)

    async def get_template(
        self, id: str, version: int | None = None, *, tenant: str | None = None
    ) -> StoredTemplate | None:
        found = self._get("template", id, version, tenant, False)
        return None if found is None else StoredTemplate(text=found.source_text, **found.model_dump())

    async def save_run(self, record: RunRecord) -> bool:
        kept = self._runs.get(record.origin)
        if kept is not None and not supersedes(record, kept):
            return False
        started = record.started_at if kept is None or kept.status == "queued" else kept.started_at
        self._runs[record.origin] = record.model_copy(update={"started_at": started}, deep=True)
        return True

    async def get_run(
        self, run_id: str, *, tenant: str | None = None, origin: str | None = None
    ) -> RunRecord | None:
        checked(run_id)
        found = [
            run for run in self._newest_first(tenant) if run.run_id == run_id and origin in (None, run.origin)
        ]
        return found[0].model_copy(deep=True) if found else None

    async def list_runs(
        self,
        *,
        definition_id: str | None = None,
        status: ExecutionStatus | None = None,
        tenant: str | None = None,
        cursor: str | None = None,
        limit: int = DEFAULT_PAGE,
    ) -> Page[RunSummary]:
        place = run_place(cursor) if cursor else None
        wanted = {"definition_id": definition_id and checked(definition_id), "status": status}
        found = [
            RunSummary.model_validate(run.model_dump(exclude={"document"}))
            for run in self._newest_first(tenant)
            if all(value is None or getattr(run, name) == value for name, value in wanted.items())
            and (place is None or (run.started_at, run.origin) < place)
        ]
        shown = found[: checked_limit(limit)]
        more = (
            after("runs", shown[-1].started_at.isoformat(), shown[-1].origin) if len(found) > limit else None
        )
        return Page(items=shown, next_cursor=more)

    async def active_runs(self, definition_id: str) -> list[str]:
        checked(definition_id)
        runs = self._runs.values()
        return sorted(
            {run.run_id for run in runs if run.definition_id == definition_id and run.status in ACTIVE}
        )

    async def open_among(self, run_ids: Sequence[str]) -> list[str]:
        asked = {checked(run_id) for run_id in run_ids}
        return sorted(
            {run.run_id for run in self._runs.values() if run.run_id in asked and run.status in ACTIVE}
        )

    async def close(self) -> None:
        """Nothing is open."""

    def _put(
        self,
        kind: Kind,
        id: str,
        document: dict[str, Any],
        text: str,
        author: str,
        tenant: str | None,
        first: bool,
    ) -> int:
        new = new_version(id, document, text, author, tenant, self._now())
        content = content_sha256(new)
        entry = self._entries.setdefault((kind, id), Entry(tenant))
        if entry.tenant != tenant:
            raise not_yours(id)
        there = bool(entry.versions) and not entry.deleted
        if there and first:
            raise taken(id)
        if there and content_sha256(entry.versions[-1]) == content:
            return len(entry.versions)
        entry.versions.append(new.model_copy(update={"version": len(entry.versions) + 1}, deep=True))
        entry.deleted = False
        return len(entry.versions)

    def _get(
        self, kind: Kind, id: str, version: int | None, tenant: str | None, deleted: bool
    ) -> StoredDefinition | None:
        entry = self._entries.get((kind, checked(id)))
        if entry is None or (entry.deleted and not deleted) or entry.tenant not in (tenant, None):
            return None
        number = len(entry.versions) if version is None else version
        found = next((one for one in entry.versions if one.version == number), None)
        return found.model_copy(deep=True) if found else None

    def _newest_first(self, tenant: str | None) -> list[RunRecord]:
        runs = [run for run in self._runs.values() if run.tenant == tenant]
        return sorted(runs, key=lambda run: (run.started_at, run.origin), reverse=True)
