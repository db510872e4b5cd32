"""The worker as a program: what it refuses before it polls."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"AI_PROVIDER": "openai"}, "OPENAI_API_KEY is not set"),
        ({"AI_PROVIDER": "openai", "OPENAI_API_KEY": " "}, "OPENAI_API_KEY is not set"),
        ({"AI_PROVIDER": "oracle"}, "AI_PROVIDER is 'oracle'"),
    ],
)
def test_a_provider_that_cannot_be_asked_is_refused_at_the_start_by_name(
    environment: dict[str, str], said: str, tmp_path: Path
) -> None:
    # Nobody listens at port 1: a worker that goes on ends as well, and says something else.
    away = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "TEMPORAL_ADDRESS": "127.0.0.1:1",
        "FABER_ENV_FILE": "",
    }
    program = [sys.executable, "worker.py"]
    done = subprocess.run(program, cwd=ROOT, env=away | environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert said in done.stderr
