"""The JSON Schemas (2020-12) that other programs validate against."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from faber.contract.config import Configuration
from faber.contract.delivery import RunInput, RunResult
from faber.contract.state import WorkflowState
from faber.contract.upkeep import MergeInput, PruneInput
from faber.errors import UsageError

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCHEMAS: dict[str, type[BaseModel]] = {
    "FaberRun": RunInput,
    "FaberMerge": MergeInput,
    "FaberPrune": PruneInput,
    "WorkflowState": WorkflowState,
    "WorkflowResult": RunResult,
    "Configuration": Configuration,
}

# Null while nothing failed; whatever else is not known yet is left out of the document.
NULLABLE = frozenset({"error", "error_phase"})


def schema(name: str) -> dict[str, Any]:
    """The input of a workflow type, or one of the documents. Raises UsageError for an unknown name."""
    if name not in SCHEMAS:
        raise UsageError(f"no schema is called {name!r}. There are: {', '.join(SCHEMAS)}.")
    built = SCHEMAS[name].model_json_schema(ref_template="#/definitions/{model}", mode=_mode(name))
    definitions = built.pop("$defs", {})
    document = {"$schema": DIALECT, **built, "definitions": definitions}
    if name == "WorkflowState":
        document["properties"] = {key: _state(key, value) for key, value in built["properties"].items()}
    return document


def _mode(name: str) -> Any:
    return "serialization" if name in ("WorkflowResult", "WorkflowState") else "validation"


def _state(key: str, value: dict[str, Any]) -> dict[str, Any]:
    kinds = value.get("anyOf")
    if not kinds:
        return value
    present = [kind for kind in kinds if kind != {"type": "null"}]
    rest = {name: item for name, item in value.items() if name not in ("anyOf", "default")}
    if key in NULLABLE:
        return {**rest, "type": [present[0]["type"], "null"]}
    return {**rest, **present[0]}
