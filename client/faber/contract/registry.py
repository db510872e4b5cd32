"""The registry of definitions on the wire: one workflow type, asked for one thing at a time."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from faber.contract.definitions import Problem
from faber.contract.wire import FromPerson, FromWorker

Action = Literal["validate", "put", "get", "list", "delete", "put_template"]


class RegistryInput(FromPerson):
    """`validate` and `put` take `definition` (an object, or YAML or JSON text), `get` and `delete` a
    `definition_id`, `list` a `cursor` of the page before; `put_template` keeps a prompt under a `template_id`."""

    action: Action
    definition: dict[str, Any] | str | None = None
    definition_id: str | None = Field(default=None, max_length=200)
    template_id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_.-]{1,100}$")
    template: str | None = Field(default=None, min_length=1, max_length=200_000)
    version: int | None = Field(default=None, ge=1)
    author: str = Field(default="unknown", max_length=200)
    tenant: str | None = Field(default=None, max_length=200)
    cursor: str | None = None
    limit: int = Field(default=50, ge=1, le=500)


class DefinitionEntry(FromWorker):
    """A registered definition, without its document in a list."""

    id: str
    version: int
    name: str = ""
    author: str = ""
    created_at: str = ""
    definition: dict[str, Any] | None = None


class RegistryResult(FromWorker):
    """`valid` and `problems` answer `validate` and `put`; `entries` the others."""

    action: Action
    valid: bool = True
    problems: list[Problem] = Field(default_factory=list)
    entries: list[DefinitionEntry] = Field(default_factory=list)
    next_cursor: str | None = None
