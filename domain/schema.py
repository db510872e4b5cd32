"""The forms of the structured answers, and what is wrong with an answer that does not fit its form."""

from __future__ import annotations

import json
from typing import Any

from domain.json_schema import WORK, SchemaRefused, errors_in
from faber.contract.names import Phase

WORK_TYPES = ("feature", "bug", "chore", "patch", "infrastructure", "api")
VERDICTS = ("GO", "NO_GO", "RETRY")
PROBLEMS_SHOWN = 20
VALUE_SHOWN = 200

_TEXT: dict[str, Any] = {"type": "string"}
_LINES: dict[str, Any] = {"type": "array", "items": {"type": "string"}}


def _form(**properties: dict[str, Any]) -> dict[str, Any]:
    # A provider's strict mode takes an object only when nothing is optional and nothing can be added.
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


FRAME_SCHEMA = _form(
    work_type={"type": "string", "enum": list(WORK_TYPES)},
    confidence={"type": "number", "minimum": 0, "maximum": 1},
    summary=_TEXT,
)
SPECIFICATION_SCHEMA = _form(
    title=_TEXT, summary=_TEXT, approach=_TEXT, criteria={**_LINES, "minItems": 1}, files=_LINES, risks=_LINES
)
VERDICT_SCHEMA = _form(
    verdict={"type": "string", "enum": list(VERDICTS)},
    reasons=_LINES,
    criteria_met=_LINES,
    criteria_unmet=_LINES,
    issues_found=_LINES,
)
RELEASE_SCHEMA = _form(title=_TEXT, summary=_TEXT, changes=_LINES, test_plan=_LINES)

SCHEMAS: dict[Phase, dict[str, Any]] = {
    "frame": FRAME_SCHEMA,
    "architect": SPECIFICATION_SCHEMA,
    "evaluate": VERDICT_SCHEMA,
    "release": RELEASE_SCHEMA,
}
"""By phase; `build` answers in the files, not in a form."""


def problems_with(value: Any, schema: dict[str, Any], work: int = WORK) -> list[str]:
    """Every way in which the value does not fit, `path: what is wrong`, sorted; empty when it fits. A
    schema that is itself wrong, or points anywhere outside itself, is one problem, and so is more than the `work`."""
    try:
        # NaN is neither below a minimum nor above a maximum, and no JSON either.
        json.dumps(value, allow_nan=False)
        found = errors_in(value, schema, work)
    except (TypeError, ValueError) as error:
        return [f"$: it is not JSON: {error}"]
    except RecursionError:
        return ["$: it is nested too deeply"]
    except SchemaRefused as error:
        return [error.message]
    described = sorted(f"{error.json_path}: {error.message[:VALUE_SHOWN]}" for error in found)
    return described[:PROBLEMS_SHOWN]
