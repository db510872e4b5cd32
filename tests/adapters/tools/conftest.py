"""The tools on a small repository, with real processes behind them."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from adapters.models import ToolCall
from adapters.processes.supervised import SupervisedProcesses
from adapters.tools import ToolResult
from adapters.tools.confined import ConfinedTools
from domain.redaction import Redactor

SECRET = "correct-horse-battery"
PYTHON = Path(sys.executable).name

Make = Callable[..., ConfinedTools]
Use = Callable[..., Awaitable[ToolResult]]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "work tree"
    (root / "src").mkdir(parents=True)
    (root / ".git").write_text("gitdir: elsewhere\n")
    (root / "src/a.py").write_text("def a():\n    return 1\n\n\ndef b():\n    return 1\n")
    (root / "README.md").write_text("# Title\n")
    return root


@pytest.fixture
def make(tmp_path: Path, root: Path) -> Make:
    processes = SupervisedProcesses(tmp_path / "data", "worker-1")

    def make(*commands: str, environment: dict[str, str] | None = None) -> ConfinedTools:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.defpath])
        return ConfinedTools(
            root,
            processes,
            run_id="faber-a-7",
            lease="build/1/1",
            commands=commands,
            environment={"PATH": path} | (environment or {}),
            sandbox=None,
            redactor=Redactor([SECRET]),
        )

    return make


@pytest.fixture
def use(make: Make) -> Use:
    """`await use("read_file", path="a")`; with `writing=False` only what reads is on offer."""
    tools = make(PYTHON, "npm test")
    numbers = itertools.count(1)

    async def use(
        name: str, writing: bool = True, malformed: str | None = None, **arguments: object
    ) -> ToolResult:
        call = ToolCall(id=f"call-{next(numbers)}", name=name, arguments=arguments, malformed=malformed)
        result = await tools.use(call, writing=writing)
        assert (result.call_id, result.name) == (call.id, name)
        return result

    return use
