"""Definitions in the registry: what may run, by id and version."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field

from adapters.records import StoredDefinition
from faber.contract.definitions import Problem, Step
from faber.errors import Conflict, DefinitionNotFound
from http_api.documents import BODY, Source, checked, examined, kept, source_of
from http_api.keeping import has_open_runs
from http_api.parts import Cursor, Limit, Operator, StrictRoute, Viewer
from http_api.reach import Visit

router = APIRouter(prefix="/v1/workflows", tags=["workflows"], route_class=StrictRoute)

WorkflowId = Annotated[str, Path(min_length=1, max_length=200)]
Version = Annotated[int | None, Query(ge=1, le=2**31 - 1)]
WITH_DEFINITION: dict[str, Any] = {"requestBody": {**BODY, "required": True}}
PERHAPS_WITH_DEFINITION: dict[str, Any] = {"requestBody": {**BODY, "required": False}}


class WorkflowSummary(BaseModel):
    """`version` counts the definition's versions in the registry."""

    id: str
    version: int
    name: str
    author: str
    created_at: datetime


class Workflow(WorkflowSummary):
    """`definition` is the document as it was put; `warnings` is what is worth a look in it."""

    start_step: str | None
    steps: list[Step]
    definition: dict[str, Any]
    warnings: list[Problem] = Field(default_factory=list)


class WorkflowPage(BaseModel):
    items: list[WorkflowSummary]
    next_cursor: str | None = None


class Verdict(BaseModel):
    """`problems` are errors and warnings; a definition with warnings alone is valid."""

    valid: bool
    problems: list[Problem]


@router.post("", status_code=201, responses={409: {}}, openapi_extra=WITH_DEFINITION)
async def create_workflow(visit: Operator, request: Request) -> Workflow:
    """Registers a definition, sent as YAML or JSON. 422 names every problem; 409 when the id is taken."""
    source = await source_of(request)
    definition = await checked(source)
    return await _put(visit, definition.id, source, first=True)


@router.get("")
async def list_workflows(visit: Viewer, limit: Limit = 50, cursor: Cursor = None) -> WorkflowPage:
    """The newest version of each, by id."""
    records = await visit.reach.records()
    page = await records.list_definitions(tenant=visit.caller.tenant, cursor=cursor, limit=limit)
    return WorkflowPage(items=[_summary(item) for item in page.items], next_cursor=page.next_cursor)


@router.post("/validate", openapi_extra=WITH_DEFINITION)
async def validate_definition(visit: Viewer, request: Request) -> Verdict:
    """What is wrong with a definition, all of it; nothing is stored."""
    return await _verdict(await source_of(request))


@router.get("/{workflow_id}")
async def get_workflow(visit: Viewer, workflow_id: WorkflowId, version: Version = None) -> Workflow:
    """The newest version unless one is named."""
    return await _workflow(await stored(visit, workflow_id, version))


@router.put("/{workflow_id}", responses={409: {}}, openapi_extra=WITH_DEFINITION)
async def put_workflow(visit: Operator, workflow_id: WorkflowId, request: Request) -> Workflow:
    """Makes a new version; the same definition again is the version that there is. Live runs keep theirs."""
    source = await source_of(request)
    definition = await checked(source)
    await stored(visit, workflow_id)
    if definition.id != workflow_id:
        raise Conflict(f"the definition calls itself {definition.id!r}, and the path {workflow_id!r}")
    return await _put(visit, workflow_id, source)


@router.delete("/{workflow_id}", status_code=204, responses={409: {}})
async def delete_workflow(visit: Operator, workflow_id: WorkflowId) -> Response:
    """409 while a run of it is open."""
    await stored(visit, workflow_id)
    if await has_open_runs(visit.reach, workflow_id):
        raise Conflict(f"{workflow_id!r} has open runs: end them first")
    await (await visit.reach.records()).delete_definition(workflow_id, visit.caller.tenant)
    return Response(status_code=204)


@router.post("/{workflow_id}/validate", openapi_extra=PERHAPS_WITH_DEFINITION)
async def validate_workflow(visit: Viewer, workflow_id: WorkflowId, request: Request) -> Verdict:
    """The definition that is sent, or else the one that is registered; nothing is stored."""
    if await request.body():
        source = await source_of(request)
    else:
        source = (await stored(visit, workflow_id)).document
    return await _verdict(source)


async def stored(visit: Visit, workflow_id: str, version: int | None = None) -> StoredDefinition:
    """Errors: DefinitionNotFound."""
    records = await visit.reach.records()
    found = await records.get_definition(workflow_id, version, tenant=visit.caller.tenant)
    if found is None:
        which = f"version {version} of " if version else ""
        raise DefinitionNotFound(f"{which}{workflow_id!r} is not in the registry")
    return found


async def _put(visit: Visit, id: str, source: Source, *, first: bool = False) -> Workflow:
    records = await visit.reach.records()
    document, text = kept(source)
    caller = visit.caller
    version = await records.put_definition(id, document, text, caller.name, caller.tenant, first=first)
    return await _workflow(await stored(visit, id, version))


async def _verdict(source: Source) -> Verdict:
    definition, problems = await examined(source)
    return Verdict(valid=definition is not None, problems=problems)


def _summary(item: StoredDefinition) -> WorkflowSummary:
    inner = item.document.get("workflow", item.document)
    name = inner.get("name") if isinstance(inner, dict) else None
    return WorkflowSummary(
        id=item.id, version=item.version, name=str(name or ""), author=item.author, created_at=item.created_at
    )


async def _workflow(item: StoredDefinition) -> Workflow:
    """A definition that later rules refuse shows its document all the same."""
    definition, problems = await examined(item.document)
    return Workflow(
        **_summary(item).model_dump(),
        start_step=definition.start_step if definition else None,
        steps=definition.steps if definition else [],
        definition=item.document,
        warnings=problems,
    )
