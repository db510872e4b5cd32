"""`.env`: read by the programs that people start, never instead of what the environment says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from faber.env_file import read_env_file
from faber.errors import ConfigurationError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "variables"
    path.write_text(
        "LOG_LEVEL=TRACE\nQUOTED='a b' # why\nAS_IT_IS=$HOME\nTEMPORAL_ADDRESS=127.0.0.1:1\nBARE\n"
    )
    return path


def test_what_the_environment_has_is_kept_and_the_rest_is_added(written: Path) -> None:
    environment = {"FABER_ENV_FILE": str(written), "LOG_LEVEL": "ERROR", "TEMPORAL_ADDRESS": ""}
    read_env_file(environment)
    assert environment == {
        "FABER_ENV_FILE": str(written),
        "LOG_LEVEL": "ERROR",
        "TEMPORAL_ADDRESS": "",
        "QUOTED": "a b",
        "AS_IT_IS": "$HOME",
    }


def test_an_empty_name_of_the_file_means_none() -> None:
    environment = {"FABER_ENV_FILE": ""}
    read_env_file(environment)
    assert environment == {"FABER_ENV_FILE": ""}


def test_a_file_that_is_named_and_not_there_is_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match="FABER_ENV_FILE is /nowhere/env, and there is no such file"):
        read_env_file({"FABER_ENV_FILE": "/nowhere/env"})


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"A=\xff\xfe")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_env_file({"FABER_ENV_FILE": str(tmp_path / "x")})


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (["worker.py"], "LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR, got 'TRACE'"),
        (["-m", "http_api"], "LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR, got 'TRACE'"),
        (["-m", "faber.api", "workflow", "list"], "127.0.0.1:1"),
    ],
)
def test_every_program_reads_it_when_it_starts(program: list[str], said: str, written: Path) -> None:
    kept = {name: os.environ[name] for name in ("HOME", "PATH", "PYTHONPATH") if name in os.environ}
    environment = {**kept, "FABER_ENV_FILE": str(written)}
    done = subprocess.run(
        [sys.executable, *program], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert said in done.stderr


def test_a_file_of_the_folder_that_a_program_is_started_in_is_not_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TEMPORAL_ADDRESS=127.0.0.2:2\n")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHONPATH": f"{ROOT}:{ROOT / 'client'}",
    }
    environment["TEMPORAL_NAMESPACE"] = "faber"
    program = [sys.executable, "-m", "faber.api", "doctor"]
    done = subprocess.run(program, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert "127.0.0.2" not in done.stdout + done.stderr
    assert "Temporal" in done.stdout + done.stderr
