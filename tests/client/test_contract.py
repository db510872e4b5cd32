"""What callers import agrees with what workers run, and the published schemas with both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import workflows.by_hand
import workflows.definition_run
import workflows.dual_run
import workflows.faber_run
import workflows.registry
import workflows.upkeep
from faber.contract import workflows as contract
from faber.contract.config import Configuration
from faber.contract.state import WorkflowState
from faber.errors import UsageError
from faber.schemas import DIALECT, SCHEMAS, schema


def signature(workflow: type) -> dict[str, Any]:
    """Everything that a caller relies on: the type's name, and each handler with its argument and result."""
    definition = workflow.__temporal_workflow_definition  # type: ignore[attr-defined]
    return {
        "name": definition.name,
        "run": (definition.arg_types, definition.ret_type),
        "updates": {name: (update.arg_types, update.ret_type) for name, update in definition.updates.items()},
        "queries": {name: (query.arg_types, query.ret_type) for name, query in definition.queries.items()},
    }


@pytest.mark.parametrize(
    ("shown", "real"),
    [
        (contract.FaberRun, workflows.faber_run.FaberRun),
        (contract.FaberMerge, workflows.upkeep.FaberMerge),
        (contract.FaberPrune, workflows.upkeep.FaberPrune),
        (contract.FaberWorkItem, workflows.by_hand.FaberWorkItem),
        (contract.FaberComment, workflows.by_hand.FaberComment),
        (contract.FaberSpecification, workflows.by_hand.FaberSpecification),
        (contract.FaberPullRequest, workflows.by_hand.FaberPullRequest),
        (contract.DefinitionRun, workflows.definition_run.DefinitionRun),
        (contract.DefinitionRegistry, workflows.registry.DefinitionRegistry),
        (contract.DefinitionDualRun, workflows.dual_run.DefinitionDualRun),
    ],
)
def test_the_bodiless_workflow_has_the_names_and_types_of_the_real_one(shown: type, real: type) -> None:
    assert signature(shown) == signature(real)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_published_schema_is_a_valid_one_without_dangling_references(name: str) -> None:
    document = schema(name)
    assert document["$schema"] == DIALECT
    jsonschema.Draft202012Validator.check_schema(document)
    for reference in references(document):
        definition = reference.removeprefix("#/definitions/")
        assert definition in document["definitions"], reference


def references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [found for item in node for found in references(item)]
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for item in node.values() for found in references(item)]
    return []


def test_the_state_schema_says_what_the_source_says() -> None:
    properties = schema("WorkflowState")["properties"]
    assert properties["issue"] == {"$ref": "#/definitions/Issue"}
    assert properties["specification"] == {"$ref": "#/definitions/Specification"}
    assert properties["error"]["type"] == properties["error_phase"]["type"] == ["string", "null"]
    assert properties["evaluation_result"]["enum"] == ["GO", "NO_GO", "RETRY"]
    assert properties["current_phase"]["enum"] == ["frame", "architect", "build", "evaluate", "release"]
    assert properties["branch_name"]["type"] == properties["pr_url"]["type"] == "string"


def test_a_state_at_the_start_of_a_run_fits_its_schema() -> None:
    state = WorkflowState(workflow_id="faber-a-1", work_id="1").model_dump(mode="json", exclude_none=True)
    jsonschema.validate({**state, "error": None, "error_phase": None}, schema("WorkflowState"))


def test_a_run_input_needs_its_work_id_and_nothing_else() -> None:
    assert schema("FaberRun")["required"] == ["work_id"]
    assert schema("FaberRun")["additionalProperties"] is False


def test_an_unknown_schema_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"FaberRun, FaberMerge, FaberPrune, .*WorkflowState"):
        schema("Nope")


def test_the_schema_of_the_configuration_names_every_key(tmp_path: Path) -> None:
    text = json.dumps(schema("Configuration"))
    assert all(f'"{name}"' in text for name in Configuration.model_fields)


def test_a_document_has_every_field_that_cannot_be_unknown() -> None:
    result = schema("WorkflowResult")
    assert {"cost_usd", "completed_phases", "evidence"} <= set(result["required"])
    assert result["properties"]["pr_url"]["type"] == "string"
    assert "pr_url" not in result["required"]
    assert "decision" not in schema("GateView")["required"]
    assert {"run_id", "waiting_on"} <= set(schema("Snapshots")["definitions"]["Status"]["required"])
