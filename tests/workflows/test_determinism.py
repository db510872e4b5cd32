"""What a workflow runs must say the same at every replay: no clock, no chance, no environment, no files.

Temporal's sandbox watches the workflows' own modules, but what they pass through (domain, the contract) it does not.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("workflows", "domain", "client/faber/contract")
# What it is, and what a workflow asks instead.
FORBIDDEN = {
    "datetime.datetime.now": "workflow.now()",
    "datetime.datetime.utcnow": "workflow.now()",
    "datetime.datetime.today": "workflow.now()",
    "datetime.date.today": "workflow.now()",
    "time": "workflow.now()",
    "uuid.uuid1": "workflow.uuid4()",
    "uuid.uuid4": "workflow.uuid4()",
    "random": "workflow.random()",
    "secrets": "workflow.random()",
    "os.environ": "the configuration that an activity read",
    "os.getenv": "the configuration that an activity read",
    "os.urandom": "workflow.random()",
    "os.getpid": "an activity",
    "socket": "an activity",
    "subprocess": "an activity",
    "threading": "an activity",
    "builtins.open": "an activity",
    "builtins.input": "a gate",
}


def sources() -> list[Path]:
    return sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def local_names(tree: ast.AST) -> dict[str, str]:
    """The dotted name that each imported local name stands for."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                names[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def dotted(node: ast.expr, names: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value, names)}.{node.attr}"
    return ""


def leaks(source: str) -> Iterator[str]:
    """Each use of something that differs from one replay to the next, with its line."""
    tree = ast.parse(source)
    names = local_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            # Not imported and called: a built-in, or nothing of interest.
            name = names.get(node.func.id, f"builtins.{node.func.id}")
        elif isinstance(node, (ast.Name, ast.Attribute)):
            name = dotted(node, names)
        else:
            continue
        for forbidden, instead in FORBIDDEN.items():
            if name == forbidden or name.startswith(f"{forbidden}."):
                yield f"line {node.lineno}: {name}: ask {instead} instead"


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_that_a_workflow_runs_asks_the_clock_chance_the_environment_or_a_file(path: Path) -> None:
    assert list(leaks(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "planted",
    [
        "import datetime\nx = datetime.datetime.now()",
        "from datetime import datetime as d\nx = Field(default_factory=d.utcnow)",
        "import time as clock\nx = clock.monotonic()",
        "from time import time\nx = time()",
        "from uuid import uuid4\nx = Field(default_factory=uuid4)",
        "import random\nx = random.choice([1])",
        "import os\nx = os.environ['HOME']",
        "from os import environ\nx = environ.get('HOME')",
        "def f():\n    with open('x') as file:\n        return file.read()",
    ],
)
def test_a_planted_leak_is_found(planted: str) -> None:
    assert list(leaks(planted))


@pytest.mark.parametrize(
    "allowed",
    [
        "from temporalio import workflow\nx = workflow.now(), workflow.uuid4(), workflow.random(), workflow.time()",
        "from datetime import UTC, datetime\nx = datetime.fromisoformat('2026-01-01')",
        "def f(gates):\n    return gates.open, gates.open_gate('a')",
    ],
)
def test_what_temporal_itself_answers_is_allowed(allowed: str) -> None:
    assert list(leaks(allowed)) == []
