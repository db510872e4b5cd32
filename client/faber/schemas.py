"""The JSON Schemas (2020-12) that other programs validate against."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from faber.contract.by_hand import (
    CommentInput,
    CommentWritten,
    OpenedPullRequest,
    PullRequestInput,
    SpecificationInput,
    WorkItemInput,
)
from faber.contract.config import Configuration
from faber.contract.definition_runs import DefinitionInput, DefinitionResult, DefinitionStatus, FormAnswer
from faber.contract.delivery import GateView, Issue, RunInput, RunResult, Specification, Status
from faber.contract.dual_run import DualRunInput, DualRunResult
from faber.contract.listed import (
    CancelRequested,
    RunInspection,
    Shown,
    Snapshots,
    Why,
    WorkflowInspection,
    WorkflowList,
)
from faber.contract.registry import RegistryInput, RegistryResult
from faber.contract.state import WorkflowState
from faber.contract.upkeep import MergeInput, MergeResult, PruneInput
from faber.errors import UsageError

DIALECT = "https://json-schema.org/draft/2020-12/schema"
INPUTS: dict[str, type[BaseModel]] = {
    "FaberRun": RunInput,
    "FaberMerge": MergeInput,
    "FaberPrune": PruneInput,
    "FaberWorkItem": WorkItemInput,
    "FaberComment": CommentInput,
    "FaberSpecification": SpecificationInput,
    "FaberPullRequest": PullRequestInput,
    "DefinitionRun": DefinitionInput,
    "DefinitionRegistry": RegistryInput,
    "DefinitionDualRun": DualRunInput,
    "FormAnswer": FormAnswer,
    "Configuration": Configuration,
}
DOCUMENTS: dict[str, type[BaseModel]] = {
    "WorkflowState": WorkflowState,
    "WorkflowResult": RunResult,
    "WorkflowList": WorkflowList,
    "Status": Status,
    "Snapshots": Snapshots,
    "GateView": GateView,
    "Shown": Shown,
    "Why": Why,
    "CancelRequested": CancelRequested,
    "RunInspection": RunInspection,
    "WorkflowInspection": WorkflowInspection,
    "MergeResult": MergeResult,
    "Issue": Issue,
    "CommentWritten": CommentWritten,
    "Specification": Specification,
    "PullRequest": OpenedPullRequest,
    "DefinitionStatus": DefinitionStatus,
    "DefinitionResult": DefinitionResult,
    "RegistryResult": RegistryResult,
    "DualRunResult": DualRunResult,
}
SCHEMAS = {**INPUTS, **DOCUMENTS}

# Null while nothing failed; whatever else is not known yet is left out of the document.
NULLABLE = frozenset({"error", "error_phase"})
NULL = {"type": "null"}


def schema(name: str) -> dict[str, Any]:
    """The input of a workflow type, or one of the documents. Raises UsageError for an unknown name."""
    if name not in SCHEMAS:
        raise UsageError(f"no schema is called {name!r}. There are: {', '.join(SCHEMAS)}.")
    mode: Any = "serialization" if name in DOCUMENTS else "validation"
    built = SCHEMAS[name].model_json_schema(ref_template="#/definitions/{model}", mode=mode)
    definitions = built.pop("$defs", {})
    document = {"$schema": DIALECT, **built, "definitions": definitions}
    if name == "WorkflowState":
        document["properties"] = {key: _state(key, value) for key, value in built["properties"].items()}
    elif name in DOCUMENTS:
        document = {
            **_written(document),
            "definitions": {key: _written(definitions[key]) for key in definitions},
        }
    if name == "WorkflowResult":
        document["properties"] = {key: _present(value) for key, value in document["properties"].items()}
    return document


def _written(model: dict[str, Any]) -> dict[str, Any]:
    """Of a document: a default says what a reader can rely on, which is that the field is there."""
    properties = model.get("properties", {})
    always = [key for key, value in properties.items() if NULL not in value.get("anyOf", ())]
    return {**model, "required": always} if always else model


def _present(value: dict[str, Any]) -> dict[str, Any]:
    """Without null: where the document leaves out what is not known."""
    kinds = value.get("anyOf")
    if not kinds:
        return value
    present = [kind for kind in kinds if kind != NULL]
    rest = {name: item for name, item in value.items() if name not in ("anyOf", "default")}
    return {**rest, **present[0]}


def _state(key: str, value: dict[str, Any]) -> dict[str, Any]:
    present = _present(value)
    return {**present, "type": [present["type"], "null"]} if key in NULLABLE else present
