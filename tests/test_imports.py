"""The arrows between the rooms: a planted import against one of them is seen and named."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("room", "planted"),
    [
        ("adapters", "import workflows"),
        ("domain", "import activities"),
        ("domain", "import faber.settings"),
        ("workflows", "import adapters"),
        ("activities", "import worker"),
        ("client/faber", "import domain"),
        ("client/faber", "import httpx"),
        ("http_api", "import workflows"),
        ("http_api", "import adapters.models"),
        ("adapters", "import http_api"),
    ],
)
def test_an_import_against_the_arrows_is_refused(room: str, planted: str, tmp_path: Path) -> None:
    for name in ("http_api", "workflows", "activities", "adapters", "domain", "client"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / room / "planted.py").write_text(f"{planted}\n")
    checked = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{tmp_path / 'client'}"},
        capture_output=True,
        text=True,
    )
    importer = f"{room.removeprefix('client/')}.planted"
    assert checked.returncode == 1, checked.stdout + checked.stderr
    assert f"{importer} -> {planted.removeprefix('import ')}" in checked.stdout
