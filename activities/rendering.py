"""Prompts as files: the shipped ones beside this module, each replaceable by a team's own."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from adapters.artifacts import Artifacts
from domain.text import held
from faber.contract.turns import TurnRequest
from faber.errors import ConfigurationError

SHIPPED = Path(__file__).parent / "prompts"
MOST_SHOWN = 300_000
OVERRIDES = ".fractary/faber/prompts"


def shortened(text: str) -> str:
    """No model reads a diff of megabytes, and every one is paid for it."""
    if len(text) <= MOST_SHOWN:
        return text
    left_out = len(text) - MOST_SHOWN
    return f"{text[:MOST_SHOWN]}\n[{left_out:,} characters more are left out here: look at the files themselves]\n"


def prompt_names() -> list[str]:
    """`<phase>.system.md` and `<phase>.user.md` of every phase."""
    return sorted(path.name for path in SHIPPED.glob("*.md"))


class Prompts:
    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts
        self._environment = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined, keep_trailing_newline=True, trim_blocks=True, lstrip_blocks=True
        )

    async def render(self, request: TurnRequest) -> tuple[str, str]:
        """The system and the user text of a phase's first turn. Errors: ConfigurationError naming the file."""
        said = {
            name: held(value) if isinstance(value, str) else value for name, value in request.values.items()
        }
        values: dict[str, Any] = {"phase": request.phase, "round": request.round, **said}
        for name, sha256 in request.inputs.items():
            values[name] = held(shortened((await self._artifacts.get(sha256)).decode(errors="replace")))
        system = await self._one(f"{request.phase}.system.md", request, values)
        user = await self._one(f"{request.phase}.user.md", request, values)
        # Whatever a team's own prompt says, the phase and the round stay recognisable.
        return f"{system.rstrip()}\n\nPhase: {request.phase}, round {request.round}\n", user

    def version(self, request: TurnRequest) -> str:
        """A hash of both templates of a phase, which changes when either does."""
        digest = hashlib.sha256()
        for name in (f"{request.phase}.system.md", f"{request.phase}.user.md"):
            override = request.prompts.get(name)
            digest.update(override.encode() if override else (SHIPPED / name).read_bytes())
        return digest.hexdigest()[:12]

    async def _one(self, name: str, request: TurnRequest, values: dict[str, Any]) -> str:
        override = request.prompts.get(name)
        if override is None:
            source = (SHIPPED / name).read_text(encoding="utf-8")
        else:
            source = (await self._artifacts.get(override)).decode(errors="replace")
        try:
            return self._environment.from_string(source).render(values)
        except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
            where = f"{OVERRIDES}/{name}" if override else name
            known = ", ".join(sorted(values))
            raise ConfigurationError(f"{where}: {error}; it may use: {known}") from None
