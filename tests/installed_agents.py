"""The real coding agents, installed once into the user's cache."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from pathlib import Path

from adapters.journal.durable import locked

# What this project's knowledge of their flags and words was checked against.
AGENTS = {"@anthropic-ai/claude-code": "2.1.197", "@openai/codex": "0.169.0"}


def install_agents(cache: Path) -> Path:
    """The folder that holds `claude` and `codex`."""
    wanted = [f"{name}@{version}" for name, version in AGENTS.items()]
    folder = cache / "-".join(AGENTS.values())
    cache.mkdir(parents=True, exist_ok=True)
    with locked(cache):
        return _installed(cache, folder, wanted)


def _installed(cache: Path, folder: Path, wanted: list[str]) -> Path:
    if not folder.exists():
        assert shutil.which("npm"), "these tests run the real agents: install Node.js with npm"
        unfinished = cache / f"new-{uuid.uuid4().hex}"
        unfinished.mkdir()
        command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(unfinished), *wanted]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        unfinished.rename(folder)
    return folder / "node_modules/.bin"
