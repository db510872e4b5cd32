"""Finding the definition that a run is of, whole and valid, with its models and their prices."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from temporalio import activity

from activities.chronicle import Chronicle
from activities.contexts import Contexts, refuse_references
from activities.places import within
from adapters.models.catalogue import default_model, required_key
from adapters.prices import price_of
from adapters.records import Records
from domain.definitions.reads import names_read
from domain.definitions.validation import validate
from faber.configuration import LOCATION, read_configuration
from faber.contract.activities import RunKey
from faber.contract.definition_runs import DefinitionInput, DefinitionSetup
from faber.contract.definitions import AiConfig, Definition, Problem
from faber.contract.steps import LoadRequest
from faber.errors import ConfigurationError, DefinitionInvalid, DefinitionNotFound, LLMError, UsageError

FILES = ".fractary/faber/workflows"
SUFFIXES = ("", ".yaml", ".yml", ".json")
MOCK = "mock:mock"


class Definitions:
    """`home` is the folder whose `.fractary/faber/workflows/` holds definitions by file name."""

    def __init__(
        self,
        *,
        records: Records,
        contexts: Contexts,
        chronicle: Chronicle,
        home: Path,
        environment: Mapping[str, str],
        search_attributes: bool,
    ) -> None:
        self._records = records
        self._contexts = contexts
        self._chronicle = chronicle
        self._home = home
        self._environment = environment
        self._search_attributes = search_attributes

    @activity.defn
    async def load_definition(self, request: LoadRequest) -> DefinitionSetup:
        """Errors: DefinitionInvalid with every problem, DefinitionNotFound, UsageError, LLMError MISSING_API_KEY."""
        asked = request.input
        definition, warnings = await self._found(asked)
        for where, values in (
            ("inputs", asked.inputs),
            ("profile", asked.profile),
            ("static", definition.static),
        ):
            refuse_references(where, values)
        models = {
            step.id: self._model(
                step.id, AiConfig.model_validate(step.config, extra="ignore").model, asked.mock_ai
            )
            for step in definition.steps
            if step.type == "ai_generate"
        }
        notes = [str(problem) for problem in warnings]
        if self._environment.get("LANGSMITH_API_KEY"):
            notes += self._traced(request.key)
        return DefinitionSetup(
            definition=definition,
            runtime=await self._contexts.fitted(asked.inputs),
            profile=await self._contexts.fitted(asked.profile),
            models=models,
            prices={step: price_of(model, {}) for step, model in models.items()},
            reads={step.id: names_read(step) for step in definition.steps},
            search_attributes=self._search_attributes,
            notes=notes,
        )

    def _traced(self, key: RunKey) -> list[str]:
        """Whether LangSmith sees the run is said by the configuration of the worker's folder, if it has one."""
        file = self._home / LOCATION
        try:
            text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
            configuration, _ = read_configuration(text, str(LOCATION))
        except ConfigurationError as error:
            return [f"the run is not shown in LangSmith: {error.message}"]
        langsmith = configuration.observability.langsmith
        if langsmith.enabled:
            self._chronicle.trace_to(key, langsmith.project)
        return []

    async def _found(self, asked: DefinitionInput) -> tuple[Definition, list[Problem]]:
        if (asked.definition is None) == (asked.definition_id is None):
            raise UsageError("give either `definition` (an object, or YAML or JSON text) or `definition_id`")
        if asked.definition is not None:
            return checked(asked.definition)
        wanted = str(asked.definition_id)
        stored = await self._records.get_definition(wanted, asked.version, tenant=asked.tenant)
        if stored is not None:
            definition, warnings = checked(stored.document)
            return definition.model_copy(update={"version": stored.version}), warnings
        file = None if asked.version is not None else self._file(wanted)
        if file is None:
            which = f"version {asked.version} of " if asked.version else ""
            raise DefinitionNotFound(
                f"{which}{wanted!r} is neither in the registry nor a file in {FILES}/ of the worker's folder"
            )
        return checked(file.read_text(encoding="utf-8", errors="replace"))

    def _file(self, name: str) -> Path | None:
        if "/" in name or "\\" in name or name.startswith("."):
            return None
        paths = (within(self._home, f"{FILES}/{name}{suffix}") for suffix in SUFFIXES)
        return next((path for path in paths if path.is_file()), None)

    def _model(self, step_id: str, named: str | None, mock: bool) -> str:
        if mock:
            return MOCK
        model = named or default_model(self._environment)
        if model is None:
            raise LLMError(
                "MISSING_API_KEY",
                f"{step_id} names no model, and AI_PROVIDER is not set where the worker runs: set it (`mock` answers "
                "with invented text), or write `model: provider:model` into the step",
            )
        variable = required_key(model)
        if variable and not self._environment.get(variable):
            raise LLMError(
                "MISSING_API_KEY",
                f"{step_id} is answered by {model}, which needs {variable}: set it where the worker runs, and "
                "restart the worker",
            )
        return model


def checked(source: object) -> tuple[Definition, list[Problem]]:
    """The definition, and what is only worth a warning. Errors: DefinitionInvalid."""
    definition, problems = validate(source if isinstance(source, dict) else str(source))
    if definition is None:
        wrong = [problem for problem in problems if problem.severity == "error"]
        raise DefinitionInvalid(
            f"the definition has {len(wrong)} problem(s): "
            + "; ".join(str(problem) for problem in wrong[:20]),
            problems=[problem.model_dump(mode="json") for problem in problems],
        )
    return definition, [problem for problem in problems if problem.severity == "warning"]
