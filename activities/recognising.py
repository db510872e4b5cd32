"""Which command proves a change when the configuration names none: recognised by the files of the base commit."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Awaitable, Callable

from faber.contract.config import Check
from faber.errors import ConfigurationError

Read = Callable[[str], Awaitable[bytes | None]]

BY_FILE = (
    ("pytest.ini", "python -m pytest -q"),
    ("conftest.py", "python -m pytest -q"),
    ("tests/conftest.py", "python -m pytest -q"),
    ("go.mod", "go test ./..."),
    ("Cargo.toml", "cargo test"),
)
NAMING_PYTEST = ("pyproject.toml", "setup.cfg", "tox.ini", "requirements.txt", "requirements-dev.txt")


async def recognise_checks(read: Read, search_path: str | None = None) -> list[Check]:
    """`search_path` is the PATH that the checks will have. Errors: ConfigurationError when nothing is recognised, for
    unchecked work is never completed."""
    [check] = await _recognised(read)
    words = check.argv
    # Many systems have Python under this name only.
    if words[0] == "python" and not shutil.which("python", path=search_path):
        return [Check(run=shlex.join(["python3", *words[1:]]))]
    return [check]


async def _recognised(read: Read) -> list[Check]:
    package = await read("package.json")
    if package is not None and "test" in scripts_of(package):
        return [Check(run="npm test")]
    for path, command in BY_FILE:
        if await read(path) is not None:
            return [Check(run=command)]
    for path in NAMING_PYTEST:
        if b"pytest" in (await read(path) or b""):
            return [Check(run="python -m pytest -q")]
    makefile = await read("Makefile")
    if makefile is not None and any(line.startswith(b"test:") for line in makefile.splitlines()):
        return [Check(run="make test")]
    raise ConfigurationError(
        "workflow.checks names no command and none could be recognised: write the command that proves a change, "
        'for example `checks: ["python -m pytest -q"]`'
    )


def scripts_of(package: bytes) -> dict[str, str]:
    try:
        found = json.loads(package)
    except ValueError:
        return {}
    scripts = found.get("scripts") if isinstance(found, dict) else None
    return scripts if isinstance(scripts, dict) else {}
