"""Which program a check runs, and which changed files are named because they could sway it."""

from __future__ import annotations

import shlex

import pytest

from domain.deciding import Program, deciding_files, program_of

MODULE = Program(exact=("a/__init__.py", "a/b/__init__.py", "a/b.py", "a/b/__main__.py"))


@pytest.mark.parametrize(
    ("command", "program"),
    [
        ("./check.sh", Program(("check.sh",))),
        ("scripts/check.sh --all", Program(("scripts/check.sh",))),
        ("sh -e check.sh now", Program(("check.sh", "now"))),
        ("bash -o pipefail check.sh", Program(("pipefail", "check.sh"))),
        ("python -B -W error check.py", Program(("error", "check.py"))),
        ("/usr/bin/python3.11 check.py", Program(("check.py",))),
        (".venv/bin/python check.py", Program(("check.py",), exact=(".venv/bin/python",))),
        ("env -i A=b timeout 60s ./check.sh", Program(("check.sh",))),
        ("uv run python -m a.b -x", MODULE),
        ("python -Bm a.b tests", MODULE),
        ("python -c 'import a' check.py", Program()),
        ("sh -ec 'exec ./check.sh' check.sh", Program()),
        ("node -e 1 index.js", Program()),
        ("python -m a/b", Program()),
        ("pytest -q tests/test_a.py", Program()),
        ("make test", Program()),
        ("/opt/check.sh", Program()),
        ("sh ../check.sh", Program()),
        ("sh", Program()),
        ("env A=b", Program()),
    ],
)
def test_the_program_of_a_check_is_found_behind_interpreters_and_wrappers(
    command: str, program: Program
) -> None:
    assert program_of(shlex.split(command)) == program


@pytest.mark.parametrize(
    ("status", "path"),
    [
        ("M", "tests/test_a.py"),
        ("D", "src/a_test.go"),
        ("M", "web/a.spec.ts"),
        ("A", "src/conftest.py"),
        ("A", "Makefile"),
        ("M", "pyproject.toml"),
        ("A", "vitest.config.mts"),
        ("A", ".github/workflows/ci.yml"),
        ("M", ".fractary/config.yaml"),
        ("A", "sitecustomize.py"),
        ("A", "src/evil.pth"),
        ("A", "src/__pycache__/a.cpython-311.pyc"),
        ("A", "node_modules/.bin/jest"),
        ("A", ".venv/lib/a.py"),
        ("A", "json.py"),
        ("A", "unittest/case.py"),
        ("A", "pytest.py"),
        ("A", "tools/lint"),
    ],
)
def test_a_file_that_could_sway_a_check_is_named(status: str, path: str) -> None:
    assert deciding_files([(status, path)], [["./tools/lint", "-q"]]) == [path]


@pytest.mark.parametrize(
    ("status", "path"),
    [
        ("A", "tests/test_new.py"),
        ("M", "src/a.py"),
        ("M", "json.py"),
        ("A", "src/json.py"),
        ("A", "email.js"),
        ("A", "trace.txt"),
        ("A", "docs/Makefile.md"),
    ],
)
def test_ordinary_work_is_not_named(status: str, path: str) -> None:
    assert deciding_files([(status, path)], [["./tools/lint", "-q"]]) == []
