"""The repository and the prepared answers of a run whose every effect can be counted afterwards."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

from tests.delivery.places import CRITERIA, FIXED, VERDICT, Script, make_repository, write

MODEL = "openai:gpt-5-mini"
USAGE = {"input_tokens": 1_000, "output_tokens": 100}
PRICE = {"input_usd": 1.0, "output_usd": 10.0}
CALL_MICROUSD = 2_000
"""What one call of this usage costs at this price."""

HOLD_S = 600.0

# The descendant has a session of its own and none of the run's marks: only its supervisor can find it.
NOTE = """
import subprocess
import sys

from turnstile import visit

line = sys.argv[1]
with open("notes.txt", "a") as notes:
    notes.write(line + "\\n")
own = f"from turnstile import visit; visit('daemon of {line}')"
daemon = subprocess.Popen([sys.executable, "-B", "-c", own], start_new_session=True, env={})
visit(line)
daemon.wait()
"""
CHECK = """
from greeting import greet
from turnstile import visit

visit("check")
assert greet("Ann") == "Hello, Ann!", greet("Ann")
"""
# A coding agent that does the whole build in one session, and once more only what is not there yet.
AGENT = f"""
import subprocess
import sys
from pathlib import Path

notes = Path("notes.txt")
for line in ("first", "second"):
    if "go on" not in sys.argv or line not in notes.read_text().split():
        subprocess.run([sys.executable, "-B", "note.py", line], check=True)
    Path("greeting.py").write_text({FIXED!r})
"""
HOOK = """
import sys

for old, _, ref in map(str.split, sys.stdin):
    claimed = "settle" if old.strip("0") else "claim"
    visit("push" if ref.startswith("refs/heads/") else claimed)
"""
NOTES = "first\nsecond\n"


def make_site(folder: Path, visit: str, **workflow: Any) -> Path:
    """The checkout; its origin, check and tools come to the turnstile by the module `visit`."""
    files = {"turnstile.py": visit, "note.py": NOTE, "check.py": CHECK, "agent.py": AGENT}
    settings = {
        "autonomy": "autonomous",
        "cost": {"prices": {MODEL: PRICE}},
        # Without it the turnstile is out of a sandbox's reach.
        "network": True,
        **workflow,
    }
    checkout = make_repository(folder, MODEL, workflow=settings, files=files)
    hook = folder / "origin.git/hooks/post-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!{sys.executable}\n{visit}{HOOK}")
    hook.chmod(0o755)
    return checkout


def note(line: str) -> dict[str, Any]:
    return {"name": "run_command", "arguments": {"argv": ["python", "-B", "note.py", line]}}


def script(held: str = "") -> Script:
    """Seven calls. The first one of the phase `held` is answered only when the provider is told to."""
    specification = {
        "title": "Greet with a comma",
        "summary": "The greeting lacks its comma.",
        "approach": "Write it.",
        "criteria": CRITERIA,
        "files": ["greeting.py"],
        "risks": [],
    }
    released = {
        "title": "Greet with a comma",
        "summary": "The greeting has its comma.",
        "changes": ["greet writes a comma"],
        "test_plan": ["python check.py"],
    }
    read = {"tool_calls": [{"name": "read_file", "arguments": {"path": "greeting.py"}}]}
    fixed = write("greeting.py", FIXED)["tool_calls"][0]
    work = {"tool_calls": [note("first"), fixed, note("second")]}
    frame = {"structured": {"work_type": "bug", "confidence": 0.9, "summary": "A comma is missing."}}
    phases: dict[str, list[dict[str, Any]]] = {
        "frame": [frame],
        "architect": [read, {"structured": specification}],
        "build": [work, {"text": "Done."}],
        "evaluate": [{"structured": dict(VERDICT)}],
        "release": [{"structured": released}],
    }
    for phase, turns in phases.items():
        for place, turn in enumerate(turns):
            turn |= {"usage": USAGE, "delay_s": HOLD_S if phase == held and place == 0 else 0.0}
    return {"model": "prepared", "phases": {phase: [turns] for phase, turns in phases.items()}}


CALLS = 7


def write_script(folder: Path, prepared: Script) -> Path:
    path = folder / "script.yaml"
    path.write_text(yaml.safe_dump(prepared), encoding="utf-8")
    return path
