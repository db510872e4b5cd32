"""What outlives Temporal's retention: definitions and prompt templates by version, and the runs that there were.

A definition or a template belongs to one tenant, or to nobody and is shared; ids are unique over all tenants. Who asks
for a tenant sees its own and what is shared; who asks for none sees what is shared. A run is seen by its tenant only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Protocol, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator

from faber.contract.definition_runs import ExecutionStatus
from faber.contract.wire import Plain, plain
from faber.errors import Conflict, NotYours, UsageError

ACTIVE: tuple[ExecutionStatus, ...] = ("queued", "running", "waiting")
LARGEST_PAGE = 500
DEFAULT_PAGE = 50


def checked(text: str) -> str:
    """What is looked up. Errors: UsageError."""
    try:
        return plain(text)
    except ValueError as error:
        raise UsageError(f"{error}: take it out") from None


def as_json(document: dict[str, Any]) -> dict[str, Any]:
    """As it is read again. Errors: UsageError for what JSON cannot say."""
    try:
        read: dict[str, Any] = json.loads(json.dumps(document, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(
            f"The document cannot be kept as JSON: {error}; use texts, numbers, lists"
        ) from error
    return read


def moment(value: Any) -> Any:
    """The empty text of a status that has not got there yet is no time."""
    return None if value == "" else value


def universal(value: datetime) -> datetime:
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


Moment = Annotated[datetime, AfterValidator(universal)]
"""In UTC; an ISO 8601 text is taken, and one without an offset is UTC."""

Item = TypeVar("Item")


class Page(BaseModel, Generic[Item]):
    """`next_cursor` asks for what follows; None: there is no more."""

    items: list[Item]
    next_cursor: str | None = None


class StoredDefinition(BaseModel):
    """`document` is what was put, word for word: the version that counts is `version`, not one inside of it."""

    id: str
    version: int
    document: dict[str, Any]
    source_text: str
    author: str
    tenant: str | None
    created_at: datetime


class StoredTemplate(BaseModel):
    id: str
    version: int
    text: str
    author: str
    tenant: str | None
    created_at: datetime


class RunSummary(BaseModel):
    """A row of a list. `origin` is the first execution run id; a run that was started again under the same `run_id`
    has another."""

    origin: Plain
    run_id: Plain
    definition_id: Plain
    version: int
    status: ExecutionStatus
    current_step: Plain | None = None
    started_at: Moment
    updated_at: Moment
    ended_at: Annotated[Moment | None, BeforeValidator(moment)] = None
    tenant: Plain | None = None
    idempotency_key: Plain | None = None
    inputs_hash: Plain | None = None


class RunRecord(RunSummary):
    """`document` is the status snapshot and the context, as JSON."""

    document: Annotated[dict[str, Any], AfterValidator(as_json)] = {}


def new_version(
    id: str, document: dict[str, Any], text: str, author: str, tenant: str | None, now: datetime
) -> StoredDefinition:
    """What is about to be kept; its number is the store's to give. Errors: UsageError."""
    for words in (id, text, author, tenant or ""):
        checked(words)
    return StoredDefinition(
        id=id,
        version=0,
        document=as_json(document),
        source_text=text,
        author=author,
        tenant=tenant,
        created_at=universal(now),
    )


def content_sha256(version: StoredDefinition) -> str:
    """Two versions that say the same have the same."""
    document = json.dumps(version.document, sort_keys=True)
    return hashlib.sha256(f"{document}\n{version.source_text}".encode()).hexdigest()


def supersedes(record: RunRecord, kept: RunRecord) -> bool:
    """Within one moment of a workflow's clock a run ends, but does not begin again."""
    if record.updated_at != kept.updated_at:
        return record.updated_at > kept.updated_at
    return kept.ended_at is None or record.ended_at is not None


def taken(id: str) -> Conflict:
    return Conflict(f"{id!r} is registered already: put a new version of it, or choose another id")


def not_yours(id: str) -> NotYours:
    return NotYours(f"{id!r} belongs to another tenant, or is shared: choose another id")


class Records(Protocol):
    """Errors: UsageError for words that no store takes; RecordsUnavailable, which is tried again, when the database
    cannot be reached."""

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
        """Keep a version and return its number, counted from 1 for each id. The same document and text as the
        newest version's are that version: nothing is kept twice. A deleted id comes back with the next number.

        Errors: NotYours when the id is another tenant's, or shared while a tenant asks; Conflict when there is a
        version and this was to be the `first`."""
        ...

    async def get_definition(
        self, id: str, version: int | None = None, *, tenant: str | None = None, deleted: bool = False
    ) -> StoredDefinition | None:
        """The newest version unless one is named. `deleted` finds those of a deleted id too, for runs of it."""
        ...

    async def list_definitions(
        self, *, tenant: str | None = None, cursor: str | None = None, limit: int = DEFAULT_PAGE
    ) -> Page[StoredDefinition]:
        """The newest version of each, by id. Errors: UsageError for a cursor that this list did not give."""
        ...

    async def delete_definition(self, id: str, tenant: str | None = None) -> bool:
        """False when there is none. Live runs carry their definition, and its versions stay.

        Errors: NotYours."""
        ...

    async def put_template(self, id: str, text: str, author: str = "", tenant: str | None = None) -> int:
        """Like put_definition, in a name space of its own."""
        ...

    async def get_template(
        self, id: str, version: int | None = None, *, tenant: str | None = None
    ) -> StoredTemplate | None: ...

    async def save_run(self, record: RunRecord) -> bool:
        """Keep where a run stands, by its origin. False, and nothing is changed, when what is kept is newer by
        `updated_at`, or as old and says that the run has ended. `started_at` stays what it was at first, when the
        run was not queued any more."""
        ...

    async def get_run(
        self, run_id: str, *, tenant: str | None = None, origin: str | None = None
    ) -> RunRecord | None:
        """The one that was started last under this id, unless one is named by its origin."""
        ...

    async def list_runs(
        self,
        *,
        definition_id: str | None = None,
        status: ExecutionStatus | None = None,
        tenant: str | None = None,
        cursor: str | None = None,
        limit: int = DEFAULT_PAGE,
    ) -> Page[RunSummary]:
        """Newest first; runs that start meanwhile move nothing. Errors: UsageError for a cursor that this list did
        not give."""
        ...

    async def active_runs(self, definition_id: str) -> list[str]:
        """The run ids, of every tenant, that have not ended as far as is recorded; sorted."""
        ...

    async def open_among(self, run_ids: Sequence[str]) -> list[str]:
        """Those of these, of every tenant, that have not ended as far as is recorded; sorted."""
        ...

    async def close(self) -> None: ...
