"""Finding Temporal: which source counts, and what is said when nobody is there."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from adapters.engine import Engine
from faber.client import Faber
from faber.connection import find_temporal
from faber.errors import Unreachable
from faber.settings import Settings
from tests.client.conftest import CommandLine


def settings_of(folder: Path, **environment: str) -> Settings:
    return Settings.read({"HOME": str(folder), "FABER_DATA_DIR": str(folder / "data"), **environment})


def write_engine(settings: Settings) -> None:
    settings.data_dir.mkdir(parents=True)
    settings.engine_file.write_text(
        json.dumps({"address": "127.0.0.1:1", "namespace": "ours", "ui": "", "pid": 1})
    )


def test_without_any_word_it_is_temporals_own_port(tmp_path: Path) -> None:
    target = find_temporal(settings_of(tmp_path))
    assert (target.address, target.namespace) == ("localhost:7233", "default")


def test_the_server_that_runs_here_is_found_with_its_namespace(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    write_engine(settings)
    assert (find_temporal(settings).address, find_temporal(settings).namespace) == ("127.0.0.1:1", "ours")


def test_the_environment_beats_the_server_that_runs_here_and_does_not_take_its_namespace(
    tmp_path: Path,
) -> None:
    settings = settings_of(tmp_path, TEMPORAL_ADDRESS="other:7233")
    write_engine(settings)
    assert (find_temporal(settings).address, find_temporal(settings).namespace) == ("other:7233", "default")


def test_temporals_own_profile_counts(tmp_path: Path) -> None:
    profile = tmp_path / "temporal.toml"
    profile.write_text('[profile.default]\naddress = "profile:7233"\nnamespace = "theirs"\n')
    settings = settings_of(tmp_path, TEMPORAL_CONFIG_FILE=str(profile))
    write_engine(settings)
    assert (find_temporal(settings).address, find_temporal(settings).namespace) == ("profile:7233", "theirs")


@pytest.mark.parametrize("address", ["127.0.0.1:1", "no-such-host.invalid:7233", "not an address"])
async def test_nobody_there_is_said_within_seconds_with_what_to_do(tmp_path: Path, address: str) -> None:
    # Far above what it takes, far below a client's own patience.
    async with asyncio.timeout(30):
        with pytest.raises(Unreachable, match="make dev"):
            await Faber.connect(settings_of(tmp_path, TEMPORAL_ADDRESS=address))


async def test_a_server_that_never_answers_does_not_hold_the_caller(tmp_path: Path) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Unreachable, match="no answer in 2 s"):
            await Faber.connect(settings_of(tmp_path, TEMPORAL_ADDRESS=f"127.0.0.1:{port}"))


async def test_the_command_line_exits_6_when_temporal_is_away(
    repository: Path, environment: dict[str, str]
) -> None:
    away = CommandLine(repository, {**environment, "TEMPORAL_ADDRESS": "127.0.0.1:1"})
    done = await away("run", "1")
    assert (done.code, done.out) == (6, "")
    assert "cannot reach Temporal at 127.0.0.1:1 (from TEMPORAL_ADDRESS)" in done.err


async def test_the_command_line_exits_6_when_no_worker_polls(
    repository: Path, environment: dict[str, str], engine: Engine
) -> None:
    """The shared server has no worker for a namespace that nobody works in."""
    idle = {**environment, "TEMPORAL_ADDRESS": engine.address, "TEMPORAL_NAMESPACE": "temporal-system"}
    done = await CommandLine(repository, idle)("run", "1")
    assert (done.code, done.out) == (6, "")
    assert "no worker polls" in done.err


async def test_a_namespace_that_the_server_does_not_have_exits_6_naming_the_variable(
    repository: Path, environment: dict[str, str]
) -> None:
    done = await CommandLine(repository, {**environment, "TEMPORAL_NAMESPACE": "no-such"})("run", "1")
    assert (done.code, done.out) == (6, "")
    assert "TEMPORAL_NAMESPACE" in done.err
