"""What is deployed: files that fit their schemas, and agree with each other and the embedded engine."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from adapters.engine.launch import TUNING

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    found: dict[str, Any] = document["services"]
    return found


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.compose-spec", "docker-compose.yml"),
        ("vendor.github-workflows", ".github/workflows/ci.yml"),
        ("custom.github-workflows-require-timeout", ".github/workflows/ci.yml"),
    ],
)
def test_a_file_that_others_read_fits_its_schema(schema: str, file: str) -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, ROOT / file],
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout


def test_a_service_waits_only_for_what_can_come_true(services: dict[str, Any]) -> None:
    for name, service in services.items():
        for needed, how in service.get("depends_on", {}).items():
            condition = how["condition"]
            if condition == "service_healthy":
                assert "healthcheck" in services[needed], f"{name} waits for ever for {needed}"
            else:
                assert condition == "service_completed_successfully"
                assert services[needed]["restart"].startswith("on-failure"), f"{needed} never completes"


def test_the_worker_can_be_scaled(services: dict[str, Any]) -> None:
    assert not {"container_name", "hostname", "ports"} & set(services["worker"])


def test_what_env_says_reaches_whom_it_is_for(services: dict[str, Any]) -> None:
    """Providers' keys go to the worker alone; an audience that the API never heard of would be checked by nobody."""
    worker, api = services["worker"], services["api"]
    assert worker["env_file"] == [{"path": ".env", "required": False}]
    assert "env_file" not in api
    named = set(re.findall(r"^# ((?:FABER_API|JWT)_\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert named - {"FABER_API_KEYS_FILE"} <= set(api["environment"])


def test_nothing_is_published_beyond_this_machine(services: dict[str, Any]) -> None:
    for service in services.values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_every_file_that_is_mounted_or_copied_exists(services: dict[str, Any]) -> None:
    mounted = [volume.split(":")[0] for s in services.values() for volume in s.get("volumes", [])]
    copied = [
        word
        for line in (ROOT / "Dockerfile").read_text().splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for word in line.split()[1:-1]
    ]
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    missing = [name for name in mounted if name.startswith("./") and not (ROOT / name).is_file()]
    assert [*missing, *(name for name in copied if not (ROOT / name).exists())] == []
    assert [name for name in copied if f"!{name}" not in ignored] == []


def test_a_cluster_is_tuned_like_the_embedded_server() -> None:
    cluster = yaml.safe_load((ROOT / "deploy/dynamic-config.yaml").read_text())
    prefix = "--dynamic-config-value="
    embedded = dict(flag.removeprefix(prefix).split("=") for flag in TUNING if flag.startswith(prefix))
    assert {name: yaml.safe_load(value) for name, value in embedded.items()} == {
        name: values[0]["value"] for name, values in cluster.items()
    }


def test_the_image_runs_the_worker_as_an_ordinary_user_and_gets_its_signals() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert 'ENTRYPOINT ["python", "worker.py"]' in lines
    assert "USER faber" in lines
    assert any(line.startswith("HEALTHCHECK") for line in lines)
