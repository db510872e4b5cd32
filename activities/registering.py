"""The registry of definitions, asked through Temporal by those who have no database at hand."""

from __future__ import annotations

from temporalio import activity

from activities.definitions import checked
from activities.janitor import is_running
from adapters.records import Records, StoredDefinition
from domain.definitions.reading import read
from domain.definitions.templates import problems_with, secrets_in
from domain.definitions.validation import validate
from faber.contract.registry import DefinitionEntry, RegistryInput, RegistryResult
from faber.errors import Conflict, DefinitionNotFound, UsageError

NAMED = 10


class Registering:
    def __init__(self, *, records: Records) -> None:
        self._records = records

    @activity.defn
    async def consult_registry(self, request: RegistryInput) -> RegistryResult:
        """Errors: DefinitionInvalid with every problem, DefinitionNotFound, NotYours, Conflict while runs are open."""
        match request.action:
            case "validate":
                definition, problems = validate(self._source(request))
                return RegistryResult(action="validate", valid=definition is not None, problems=problems)
            case "put":
                return await self._put(request)
            case "get":
                stored = await self._stored(request)
                return RegistryResult(action="get", entries=[entry(stored, whole=True)])
            case "put_template":
                return await self._put_template(request)
            case "list":
                page = await self._records.list_definitions(
                    tenant=request.tenant, cursor=request.cursor, limit=request.limit
                )
                entries = [entry(item, whole=False) for item in page.items]
                return RegistryResult(action="list", entries=entries, next_cursor=page.next_cursor)
            case "delete":
                stored = await self._stored(request)
                await self.refuse_active(stored.id)
                await self._records.delete_definition(stored.id, request.tenant)
                return RegistryResult(action="delete", entries=[entry(stored, whole=False)])

    async def _put_template(self, request: RegistryInput) -> RegistryResult:
        if not request.template_id or not request.template:
            raise UsageError("put_template needs template_id, and template: the prompt's text")
        wrong = problems_with(request.template)
        if secrets_in(request.template):
            wrong.append("secrets are resolved in api_call steps only")
        if wrong:
            raise UsageError(f"template {request.template_id}: {'; '.join(wrong)}")
        id, tenant = request.template_id, request.tenant
        version = await self._records.put_template(id, request.template, request.author, tenant)
        kept = DefinitionEntry(id=id, version=version, author=request.author)
        return RegistryResult(action="put_template", entries=[kept])

    async def _put(self, request: RegistryInput) -> RegistryResult:
        source = self._source(request)
        definition, warnings = checked(source)
        document = source if isinstance(source, dict) else read(source)[0]
        text = "" if isinstance(source, dict) else source
        await self._records.put_definition(definition.id, document, text, request.author, request.tenant)
        kept = await self._records.get_definition(definition.id, tenant=request.tenant)
        if kept is None:
            raise DefinitionNotFound(f"{definition.id} was deleted while it was put: put it again")
        return RegistryResult(action="put", problems=warnings, entries=[entry(kept, whole=True)])

    async def _stored(self, request: RegistryInput) -> StoredDefinition:
        if not request.definition_id:
            raise UsageError(f"{request.action} needs definition_id")
        stored = await self._records.get_definition(
            request.definition_id, request.version, tenant=request.tenant
        )
        if stored is None:
            which = f"version {request.version} of " if request.version else ""
            raise DefinitionNotFound(f"{which}{request.definition_id!r} is not in the registry")
        return stored

    async def refuse_active(self, id: str) -> None:
        """Errors: Conflict naming the open runs."""
        running: list[str] = []
        for run_id in await self._records.active_runs(id):
            # One that was terminated could not write down how it ended.
            if len(running) < NAMED and await is_running(activity.client(), run_id):
                running.append(run_id)
        if running:
            raise Conflict(f"{id} has open runs: {', '.join(running)}. End them first, or leave it there")

    def _source(self, request: RegistryInput) -> dict[str, object] | str:
        if request.definition is None:
            raise UsageError(f"{request.action} needs definition: an object, or YAML or JSON text")
        return request.definition


def entry(stored: StoredDefinition, *, whole: bool) -> DefinitionEntry:
    return DefinitionEntry(
        id=stored.id,
        version=stored.version,
        name=str(stored.document.get("name") or stored.document.get("workflow", {}).get("name") or ""),
        author=stored.author,
        created_at=stored.created_at.isoformat(),
        definition=stored.document if whole else None,
    )
