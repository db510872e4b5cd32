"""`.env.example` names every variable that the project reads: one that nobody documents fails here."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from adapters.models.catalogue import PROVIDERS
from adapters.telemetry.targets import Signal, otlp_target

ROOT = Path(__file__).parents[1]
ROOMS = ("activities", "adapters", "client", "deploy", "domain", "http_api", "scripts", "workflows")
ENVIRONMENT = re.compile(r"(^|_)env(iron(ment)?)?$")
NAME = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
DOCUMENTED = re.compile(rf"^#? ?({NAME.pattern})=", re.MULTILINE)

# What a system sets, or a parent process of ours for its child.
OF_THE_SYSTEM = {"HOME", "PATH", "TERM", "USER", "XDG_CACHE_HOME", "XDG_DATA_HOME"}
OF_A_PARENT = {"CODEX_API_KEY", "FABER_LEASE", "FABER_PROCESS", "FABER_RUN_ID"}


class Recorded(dict[str, str]):
    """Notes what is looked up in it: for names that are put together."""

    def __init__(self, values: dict[str, str]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)


def is_environment(node: ast.expr) -> bool:
    name = getattr(node, "attr", None) or getattr(node, "id", None)
    return isinstance(name, str) and bool(ENVIRONMENT.search(name))


@functools.cache
def texts_of(path: Path) -> dict[str, str]:
    return texts(ast.parse(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def texts(tree: ast.Module) -> dict[str, str]:
    """Those that go by a name in their module: `A = "x"`, `A, B = "x", "y"`."""
    found = {}
    for node in (node for node in tree.body if isinstance(node, ast.Assign)):
        names, values = node.targets[0], node.value
        pairs = zip(getattr(names, "elts", [names]), getattr(values, "elts", [values]), strict=False)
        for name, value in pairs:
            if isinstance(name, ast.Name) and isinstance(value, ast.Constant):
                found[name.id] = str(value.value)
    return found


def known(tree: ast.Module) -> dict[str, str]:
    """Its own texts, and those that it imports."""
    found: dict[str, str] = {}
    for node in (node for node in tree.body if isinstance(node, ast.ImportFrom)):
        there = texts_of(ROOT / f"{(node.module or '').replace('.', '/')}.py")
        found |= {item.asname or item.name: there[item.name] for item in node.names if item.name in there}
    return found | texts(tree)


def read_in(source: str) -> Iterator[str]:
    """The variables that a module looks up: `env.get("X")`, `env["X"]`, `"X" in env`, `words(env, "X")`."""
    tree = ast.parse(source)
    named = known(tree)
    for node in ast.walk(tree):
        keys: list[ast.expr] = []
        if isinstance(node, ast.Subscript) and is_environment(node.value):
            keys = [node.slice]
        elif isinstance(node, ast.Compare) and any(is_environment(one) for one in node.comparators):
            keys = [node.left]
        elif isinstance(node, ast.Call):
            held = [*node.args, getattr(node.func, "value", node.func)]
            asked = getattr(node.func, "attr", "") == "getenv" or any(is_environment(one) for one in held)
            keys = node.args if asked else []
        for key in keys:
            text = key.value if isinstance(key, ast.Constant) else named.get(getattr(key, "id", ""))
            if isinstance(text, str) and NAME.fullmatch(text):
                yield text


def put_together() -> set[str]:
    providers = {name for one in PROVIDERS.values() for name in (one.key_variable, one.base_url_variable)}
    asked = Recorded({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:9"})
    signals: tuple[Signal, ...] = get_args(Signal)
    for signal in signals:
        otlp_target(asked, signal)
    return providers | asked.asked


def read_anywhere() -> set[str]:
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    files += ROOT.glob("*.py")
    found = {name for path in files for name in read_in(path.read_text(encoding="utf-8"))}
    return (found | put_together()) - OF_THE_SYSTEM - OF_A_PARENT


def documented() -> set[str]:
    return {match[1] for match in DOCUMENTED.finditer((ROOT / ".env.example").read_text(encoding="utf-8"))}


def test_every_variable_that_is_read_is_documented() -> None:
    missing = sorted(read_anywhere() - documented())
    assert missing == [], f"describe in .env.example what {', '.join(missing)} does"


def test_nothing_is_documented_that_nobody_reads() -> None:
    libraries = re.compile(r"(OTEL|TEMPORAL|FABER_SECRET)_|GITHUB_TOKEN")
    unread = sorted(name for name in documented() - read_anywhere() if not libraries.match(name))
    assert unread == []


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ('environment.get("NEW_SETTING")', ["NEW_SETTING"]),
        ('self._environment["NEW_SETTING"]', ["NEW_SETTING"]),
        ('os.environ.get("NEW_SETTING", "")', ["NEW_SETTING"]),
        ('VARIABLE = "NEW_SETTING"\ndef f(env):\n    return env.get(VARIABLE)', ["NEW_SETTING"]),
        ('number(env, "NEW_SETTING", 1)', ["NEW_SETTING"]),
        (
            "from adapters.notifier.mail_server import VARIABLE as NAME\nenv.get(NAME)",
            ["FABER_SMTP_URL"],
        ),
        ('"NEW_SETTING" in settings.environment', ["NEW_SETTING"]),
        ('os.getenv("NEW_SETTING")', ["NEW_SETTING"]),
        ('errors.get("NOT_FOUND")', []),
    ],
)
def test_a_planted_setting_is_found(source: str, names: list[str]) -> None:
    assert list(read_in(source)) == names


def test_the_example_is_a_file_that_changes_nothing_when_it_is_copied() -> None:
    from dotenv import dotenv_values

    assert dotenv_values(ROOT / ".env.example") == {}
