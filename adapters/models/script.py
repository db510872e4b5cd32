"""The file format of prepared answers: by phase, round and turn what a model says.

model: demo-1
phases:
  build:
    - - {text: I will write it., tool_calls: [{name: write_file, arguments: {path: a.txt, text: hi}}]}
      - {structured: {done: true}}
    - - {text: The second round has one turn.}
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field
from pydantic import ValidationError as Invalid

from faber.contract.money import Usage
from faber.errors import LLMError


class Written(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PreparedCall(Written):
    name: str
    arguments: dict[str, Any] = Field(default_factory=dict)


class PreparedError(Written):
    """`kind` is one of LLMError's; after `times` failures the turn is answered as it is written."""

    kind: str
    message: str = "prepared by the script"
    times: int = 1


class Turn(Written):
    text: str = ""
    tool_calls: list[PreparedCall] = Field(default_factory=list)
    structured: dict[str, Any] | None = None
    usage: Usage | None = None
    delay_s: float = 0.0
    error: PreparedError | None = None


class Script(Written):
    """`phases[phase][round - 1][turn - 1]`; rounds and turns past the end repeat the last one."""

    model: str = "scripted"
    phases: dict[str, list[list[Turn]]]

    @classmethod
    def read(cls, path: Path) -> Script:
        """Errors: LLMError NOT_FOUND without the file, VALIDATION_ERROR when it does not fit the format."""
        try:
            return cls.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise LLMError("NOT_FOUND", f"The script {path} cannot be read: {error.strerror}.") from error
        except (yaml.YAMLError, Invalid) as error:
            message = f"The script {path} does not fit the format of prepared answers: {error}"
            raise LLMError("VALIDATION_ERROR", message) from error

    def turn(self, phase: str, round_: int, turn: int) -> Turn:
        """Errors: LLMError NOT_FOUND when the phase is missing or empty."""
        rounds = self.phases.get(phase)
        turns = rounds[min(max(round_, 1), len(rounds)) - 1] if rounds else None
        if not turns:
            raise LLMError(
                "NOT_FOUND",
                f"The script {self.model} has no answer for the phase {phase!r}; "
                f"it has {', '.join(self.phases) or 'none'}. Add the phase under `phases`.",
            )
        return turns[min(max(turn, 1), len(turns)) - 1]


def call_id(phase: str, round_: int, turn: int, place: int) -> str:
    """The id of a prepared tool call: the same in every run, and never twice in one."""
    return f"call_{phase}_{round_}_{turn}_{place}"
