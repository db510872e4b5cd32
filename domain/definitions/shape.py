"""A definition as it was written: which keys are there, of which kind, under `workflow` or bare."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from domain.definitions.arithmetic import kind
from domain.definitions.drafts import Draft, Drafting, identifier
from domain.definitions.findings import Findings
from domain.definitions.places import Place
from domain.definitions.sizes import MOST_KEPT, size
from faber.contract.definitions import FORMAT

STEPS = 500
WRAPPER_KEYS = ("workflow", "schema_version", "definition", "static", "context")
KEYS = ("id", "version", "name", "start_step", "steps", "static", "context", "schema_version", "definition")
_SEMVER = re.compile(r"(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:[-+][0-9A-Za-z.+-]{1,50})?", re.ASCII)
_UPGRADE = "scripts/upgrade_yaml.py --from {} --to 1.0 --in old.yml --out new.yml makes it readable"


@dataclass
class Outline:
    start_place: Place
    id: str
    version: int
    name: str
    schema_version: str
    static: dict[str, Any]
    start_step: str
    steps: list[Draft]


class Shape:
    """Reads one document, and finds what is wrong with it."""

    def __init__(self, document: dict[str, Any], findings: Findings) -> None:
        self._findings = findings
        self._values: dict[str, Any] = document
        self._places: dict[str, Place] = {key: (key,) for key in document}
        wrapped = document.get("workflow")
        if isinstance(wrapped, dict):
            findings.unknown_keys((), document, WRAPPER_KEYS)
            for key in wrapped.keys() & (document.keys() - {"workflow"}):
                findings.error(("workflow", key), f"{key} is there twice, in `workflow` and beside it")
            self._values = {**document, **wrapped}
            self._places |= {key: ("workflow", key) for key in wrapped}
            findings.unknown_keys(("workflow",), wrapped, KEYS)
        else:
            findings.unknown_keys((), document, KEYS)
        self._root: Place = ("workflow",) if isinstance(wrapped, dict) else ()

    def outline(self) -> Outline:
        return Outline(
            start_place=self._place("start_step"),
            id=identifier(self._values.get("id"), self._place("id"), self._findings),
            version=self._version(),
            name=self._text("name") or "",
            schema_version=self._schema_version(),
            static=self._static(),
            start_step=self._text("start_step") or "",
            steps=self._steps(),
        )

    def _place(self, key: str) -> Place:
        return self._places.get(key, (*self._root, key))

    def _text(self, key: str) -> str | None:
        value = self._values.get(key)
        if value is None or isinstance(value, str):
            return value
        self._findings.error(self._place(key), f"{key} is a text, and this is {kind(value)}: quote it")
        return None

    def _version(self) -> int:
        value = self._values.get("version", 1)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
            return value
        self._findings.error(
            self._place("version"),
            "version counts 1, 2, 3 in the registry; the format's own version is `schema_version`",
        )
        return 1

    def _schema_version(self) -> str:
        said = self._values.get("schema_version")
        place = self._place("schema_version")
        inner = self._values.get("definition")
        if inner is not None:
            place = (*self._place("definition"), "version")
            if not isinstance(inner, dict):
                self._findings.error(place[:-1], "definition holds the format's version: {version: 1.0.0}")
                return FORMAT
            self._findings.unknown_keys(place[:-1], inner, ("version",))
            if said is not None:
                self._findings.error(place, "the format's version is in schema_version already")
            said = inner.get("version")
        return FORMAT if said is None else self._format(said, place)

    def _format(self, said: Any, place: Place) -> str:
        match = _SEMVER.fullmatch(str(said)) if isinstance(said, str | int | float) else None
        if match is None or isinstance(said, bool):
            self._findings.error(place, "the format's version is major.minor.patch, such as 1.0.0")
            return FORMAT
        major, newest = int(match[1]), int(FORMAT.split(".")[0])
        if major > newest:
            self._findings.error(
                place, f"format {said} is newer than {newest}.x, the newest that is read here"
            )
        elif major < newest:
            self._findings.error(
                place, f"format {said} is an old one: {_UPGRADE.format(f'{major}.{match[2] or 0}')}"
            )
        return ".".join(part or "0" for part in match.groups())

    def _static(self) -> dict[str, Any]:
        static, context = self._values.get("static"), self._values.get("context")
        place = self._place("static")
        if context is not None:
            if not isinstance(context, dict):
                self._findings.error(self._place("context"), f"context is a map, and this is {kind(context)}")
                return {}
            self._findings.unknown_keys(self._place("context"), context, ("static",))
            if static is not None:
                self._findings.error(
                    (*self._place("context"), "static"), "the constants are in `static` already"
                )
            static, place = context.get("static", static), (*self._place("context"), "static")
        if static is None:
            return {}
        if not isinstance(static, dict):
            self._findings.error(place, f"static is a map of constants, and this is {kind(static)}")
            return {}
        if (large := size(static)) > MOST_KEPT:
            # They are carried with the definition, with the context, and with the result.
            self._findings.error(
                place,
                f"the constants have {large:,} bytes, more than {MOST_KEPT:,}: let inputs bring what is large",
            )
        return static

    def _steps(self) -> list[Draft]:
        value, place = self._values.get("steps"), self._place("steps")
        if not isinstance(value, list) or not 1 <= len(value) <= STEPS:
            self._findings.error(place, f"steps is a list of 1 to {STEPS} steps")
            return []
        if all(isinstance(step, dict) and "kind" in step and "type" not in step for step in value):
            self._findings.error(place, f"steps with a `kind` are of format 0.1: {_UPGRADE.format('0.1')}")
            return []
        drafts = []
        for number, step in enumerate(value):
            if isinstance(step, dict):
                drafts.append(Drafting(step, (*place, number), self._findings).draft())
            else:
                self._findings.error((*place, number), f"a step is a map, and this is {kind(step)}")
        return drafts
