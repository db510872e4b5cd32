"""One step as it was written: its keys, its type, and its config as that type's."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from domain.definitions.arithmetic import kind
from domain.definitions.findings import Findings
from domain.definitions.near import suggestion
from domain.definitions.places import Place
from faber.contract.definitions import CONFIGS, STEP_TYPES, ForEach, StepConfig, StepType

BRANCHES = 20
RESERVED = ("fail", "continue", "reject")
"""Words that stand where a step's id can stand too."""
KEYS = ("id", "type", "name", "next", "else", "when", "parallel", "for_each", "on_error", "config")
_IDENTIFIER = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}", re.ASCII)


@dataclass
class Draft:
    """`type` and `config` are None when what was written is none, which is found already; `written` is the config
    with all its mistakes, so that one of them does not hide the others."""

    place: Place
    id: str = ""
    type: StepType | None = None
    name: str = ""
    next: str | None = None
    otherwise: str | None = None
    has_else: bool = False
    parallel: list[str] = field(default_factory=list)
    for_each: ForEach | None = None
    on_error: str = "fail"
    config: StepConfig | None = None
    written: dict[str, Any] = field(default_factory=dict)


def identifier(value: Any, place: Place, findings: Findings) -> str:
    """The id, or an empty text when it is none. Ids stand in addresses, file names and workflow ids."""
    if value is None:
        findings.error(place, "an id is needed")
    elif not isinstance(value, str):
        findings.error(place, f"an id is a text, and this is {kind(value)}: quote it")
    elif not _IDENTIFIER.fullmatch(value):
        findings.error(
            place, f"{value[:100]!r} is no id: up to 100 letters, digits, _, - and, behind the first, dots"
        )
    else:
        return value
    return ""


Model = TypeVar("Model", bound=BaseModel)


class Drafting:
    """Reads one step. A normalised step, as `Definition` has it, reads as itself."""

    def __init__(self, step: dict[str, Any], place: Place, findings: Findings) -> None:
        self._step = step
        self._findings = findings
        self._draft = Draft(place)

    def draft(self) -> Draft:
        made, findings = self._draft, self._findings
        if "otherwise" in self._step and "else" not in self._step:
            self._step = {"else" if key == "otherwise" else key: self._step[key] for key in self._step}
        findings.unknown_keys(made.place, self._step, KEYS)
        made.id = identifier(self._step.get("id"), (*made.place, "id"), findings)
        if made.id in RESERVED:
            findings.error(
                (*made.place, "id"), f"{made.id!r} says what to do after a step, and is no step's id"
            )
        made.name = self._text("name") or ""
        made.next = self._text("next")
        made.on_error = self._text("on_error") or "fail"
        made.parallel = self._branches()
        made.type = self._type()
        config = self._config()
        made.otherwise = self._otherwise(config)
        made.written = config
        if made.type == "parallel":
            findings.unknown_keys((*made.place, "config"), config, ())
        elif made.type is not None:
            made.config = self._modelled(CONFIGS[made.type], config, (*made.place, "config"))
        self._for_each()
        return made

    def _text(self, key: str) -> str | None:
        value = self._step.get(key)
        if value is None or isinstance(value, str):
            return value
        self._findings.error(
            (*self._draft.place, key), f"{key} is a text, and this is {kind(value)}: quote it"
        )
        return None

    def _branches(self) -> list[str]:
        value = self._step.get("parallel")
        if not value and isinstance(value, list | None):
            return []
        if (
            isinstance(value, list)
            and 2 <= len(value) <= BRANCHES
            and all(isinstance(name, str) for name in value)
        ):
            return value
        self._findings.error(
            (*self._draft.place, "parallel"),
            f"parallel names the first step of each branch, 2 to {BRANCHES}: [a, b]",
        )
        return []

    def _type(self) -> StepType | None:
        said = self._step.get("type", "parallel" if self._step.get("parallel") else None)
        place = (*self._draft.place, "type")
        known = next((known for known in STEP_TYPES if known == said), None)
        if said is None:
            self._findings.error(place, f"a type is needed: {', '.join(STEP_TYPES)}")
        elif known is None:
            name = said if isinstance(said, str) else kind(said)
            self._findings.error(place, f"there is no type {name[:100]!r}{suggestion(name, STEP_TYPES)}")
        elif known == "parallel" and not self._step.get("parallel"):
            self._findings.error(
                place, "a parallel step names the first step of each branch: parallel: [a, b]"
            )
        elif known != "parallel" and self._draft.parallel:
            self._findings.error((*self._draft.place, "parallel"), f"a step of type {known} has no branches")
        return known

    def _config(self) -> dict[str, Any]:
        """The config with what may stand beside it too: `when`."""
        place = (*self._draft.place, "config")
        value = self._step.get("config")
        if value is not None and not isinstance(value, dict):
            self._findings.error(place, f"config is a map, and this is {kind(value)}")
        config = dict(value) if isinstance(value, dict) else {}
        if "when" in self._step:
            if "when" in config:
                self._findings.error((*self._draft.place, "when"), "`when` is in the config already")
            elif self._draft.type != "conditional":
                self._findings.error((*self._draft.place, "when"), "only a conditional has a `when`")
            else:
                config["when"] = self._step["when"]
        return config

    def _otherwise(self, config: dict[str, Any]) -> str | None:
        """`else`, beside the config or, for a conditional, in it."""
        place = (*self._draft.place, "else")
        value = self._step.get("else")
        # Who writes `else: null` has thought of it.
        self._draft.has_else = "else" in self._step or "else" in config
        if self._draft.type == "conditional" and "else" in config:
            if value is not None:
                self._findings.error(place, "`else` is in the config already")
            place, value = (*self._draft.place, "config", "else"), config.pop("else")
        if value is None:
            return None
        if self._draft.type not in ("conditional", None):
            self._findings.error(place, "only a conditional has an `else`")
        if isinstance(value, str):
            return value
        self._findings.error(place, f"else is a step's id, and this is {kind(value)}")
        return None

    def _for_each(self) -> None:
        value = self._step.get("for_each")
        if value is None:
            return
        place = (*self._draft.place, "for_each")
        if self._draft.type not in ("ai_generate", "api_call", None):
            self._findings.error(place, "only ai_generate and api_call steps are done for each of a list")
        self._draft.for_each = self._modelled(ForEach, value, place)

    def _modelled(self, model: type[Model], value: Any, place: Place) -> Model | None:
        try:
            return model.model_validate(value, strict=True)
        except ValidationError as error:
            self._findings.unlike(place, value, model, error)
            return None
