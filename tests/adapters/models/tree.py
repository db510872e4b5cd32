"""A schema that refers to itself."""

from __future__ import annotations

from typing import Any

TREE: dict[str, Any] = {
    "$defs": {
        "node": {
            "type": "object",
            "required": ["value", "children"],
            "properties": {
                "value": {"type": "integer"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
            },
        }
    },
    "$ref": "#/$defs/node",
}
