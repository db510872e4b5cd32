"""Repositories and prepared answers for whole runs."""

from __future__ import annotations

import copy
import subprocess
from pathlib import Path
from typing import Any

import yaml

Script = dict[str, Any]

CRITERIA = ["greet('Ann') returns 'Hello, Ann!'"]
BUGGY = 'def greet(name):\n    return f"Hello {name}"\n'
FIXED = 'def greet(name):\n    return f"Hello, {name}!"\n'
CHECK = "python -B check.py"
ISSUE = "---\nid: 1\ntitle: Greetings lack their comma\nlabels: [bug]\n---\n\nIt says `Hello Ann`.\n"
FILES = {
    "greeting.py": BUGGY,
    "check.py": "from greeting import greet\nassert greet('Ann') == 'Hello, Ann!', greet('Ann')\n",
    ".gitignore": "__pycache__/\n",
}
VERDICT = {"verdict": "GO", "reasons": [], "criteria_met": CRITERIA, "criteria_unmet": [], "issues_found": []}


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=tester", "-c", "user.email=tester@localhost")
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"git {arguments}: {done.stderr}"
    return done.stdout.strip()


def write(path: str, content: str) -> dict[str, Any]:
    return {"tool_calls": [{"name": "write_file", "arguments": {"path": path, "content": content}}]}


def happy_script() -> Script:
    """One round of everything: a look, a right change, a GO."""
    return copy.deepcopy(
        {
            "model": "prepared",
            "phases": {
                "frame": [
                    [
                        {
                            "structured": {
                                "work_type": "bug",
                                "confidence": 0.9,
                                "summary": "A comma is missing.",
                            }
                        }
                    ]
                ],
                "architect": [
                    [
                        {"tool_calls": [{"name": "read_file", "arguments": {"path": "greeting.py"}}]},
                        {
                            "structured": {
                                "title": "Greet with a comma",
                                "summary": "The greeting lacks its comma.",
                                "approach": "Write it.",
                                "criteria": CRITERIA,
                                "files": ["greeting.py"],
                                "risks": [],
                            }
                        },
                    ]
                ],
                "build": [[write("greeting.py", FIXED), {"text": "Done."}]],
                "evaluate": [[{"structured": dict(VERDICT)}]],
                "release": [
                    [
                        {
                            "structured": {
                                "title": "Greet with a comma",
                                "summary": "The greeting has its comma.",
                                "changes": ["greet writes a comma"],
                                "test_plan": ["python check.py"],
                            }
                        }
                    ]
                ],
            },
        }
    )


def make_repository(
    folder: Path,
    model: str,
    *,
    workflow: dict[str, Any] | None = None,
    issues: dict[str, str] | None = None,
    files: dict[str, str] | None = None,
    origin: bool = True,
    name: str = "repo",
) -> Path:
    """A checkout `folder/<name>` with, beside it, its bare origin."""
    checkout = folder / name
    models = {phase: model for phase in ("frame", "architect", "build", "evaluate", "release")}
    config = {"workflow": {"models": models, "checks": [CHECK], **(workflow or {})}}
    contents = {**FILES, **(files or {}), ".fractary/config.yaml": yaml.safe_dump(config)}
    for name, text in (issues or {"1": ISSUE}).items():
        contents[f".fractary/issues/{name}.md"] = text
    for name, text in contents.items():
        path = checkout / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    git(checkout, "init", "-q", "-b", "main")
    git(checkout, "add", "-A")
    git(checkout, "commit", "-qm", "As it is")
    if origin:
        git(folder, "init", "-q", "--bare", "-b", "main", "origin.git")
        git(checkout, "remote", "add", "origin", str(folder / "origin.git"))
        git(checkout, "push", "-q", "origin", "main")
    return checkout


def write_script(folder: Path, script: Script) -> str:
    """The model name under which the prepared answers are found."""
    path = folder / "script.yaml"
    path.write_text(yaml.safe_dump(script), encoding="utf-8")
    return f"scripted:{path}"
