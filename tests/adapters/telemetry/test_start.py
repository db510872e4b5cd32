"""Telemetry is silent until it is asked for, and says what it lacks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from opentelemetry.trace import NoOpTracer

from adapters.telemetry import telling
from adapters.telemetry.targets import Target, langsmith_target, otlp_target
from faber.errors import UsageError
from tests.adapters.telemetry.listening import listening

ROOT = Path(__file__).parents[3]
ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
WITHOUT_THE_SDK = """
import sys
sys.modules["opentelemetry.sdk"] = None
from adapters.telemetry.start import start_telemetry
from faber.settings import Settings
started = start_telemetry(Settings.read({variables}), "faber-worker", print)
print(type(started.tracer).__name__, list(started.interceptors))
started.close()
"""


@pytest.mark.parametrize("environment", [{}, {ENDPOINT: "http://127.0.0.1:9", "OTEL_SDK_DISABLED": "true"}])
def test_nothing_listens_unless_it_is_asked_for(environment: dict[str, str]) -> None:
    with listening(**environment) as started:
        assert isinstance(started.telemetry.tracer, NoOpTracer)
        assert (started.telemetry.interceptors, started.said) == ((), [])


@pytest.mark.parametrize("variable", [ENDPOINT, "LANGSMITH_API_KEY"])
def test_without_the_sdk_one_line_says_what_to_install_and_the_worker_goes_on(variable: str) -> None:
    program = WITHOUT_THE_SDK.format(variables={"HOME": "/nowhere", variable: "http://127.0.0.1:4317"})
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    said, silent = done.stdout.splitlines()
    assert variable in said
    assert "pip install 'fractary-faber[otel]'" in said
    assert silent == "NoOpTracer []"


@pytest.mark.parametrize(
    ("environment", "target"),
    [
        ({ENDPOINT: "http://localhost:4317"}, Target("http://localhost:4317", "grpc")),
        ({ENDPOINT: "http://localhost:4318"}, Target("http://localhost:4318/v1/traces", "http/protobuf")),
        (
            {ENDPOINT: "https://otel.example.org/"},
            Target("https://otel.example.org/v1/traces", "http/protobuf"),
        ),
        (
            {ENDPOINT: "http://localhost:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"},
            Target("http://localhost:4317/v1/traces", "http/protobuf"),
        ),
        (
            {ENDPOINT: "http://localhost:9999", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "grpc"},
            Target("http://localhost:9999", "grpc"),
        ),
        (
            {ENDPOINT: "http://a:4317", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://b:4318/here"},
            Target("http://b:4318/here", "http/protobuf"),
        ),
        ({ENDPOINT: "http://localhost:4317", "OTEL_TRACES_EXPORTER": "none"}, None),
        ({}, None),
    ],
)
def test_spans_go_where_opentelemetrys_own_variables_say(
    environment: dict[str, str], target: Target | None
) -> None:
    assert otlp_target(environment, "TRACES") == target


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({ENDPOINT: "localhost:4317"}, "OTEL_EXPORTER_OTLP_ENDPOINT must be a URL"),
        (
            {ENDPOINT: "http://localhost:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"},
            "OTEL_EXPORTER_OTLP_PROTOCOL must be grpc or http/protobuf, got 'http/json'",
        ),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused_by_name(environment: dict[str, str], named: str) -> None:
    with pytest.raises(UsageError, match=named), listening(**environment):
        pass


def test_langsmith_has_its_own_address_unless_another_one_is_given() -> None:
    assert langsmith_target({}) is None
    usual, other = (
        langsmith_target({"LANGSMITH_API_KEY": "k", **more})
        for more in ({}, {"LANGSMITH_ENDPOINT": "https://eu.api.smith.langchain.com/"})
    )
    assert usual and usual.url == "https://api.smith.langchain.com/otel/v1/traces"
    assert other and other.url == "https://eu.api.smith.langchain.com/otel/v1/traces"


def test_what_is_told_where_nobody_listens_is_lost_without_a_word() -> None:
    from activities.events import Prompted, asking, tell
    from adapters.telemetry import Subject
    from faber.contract.money import Usage

    with listening() as started, telling(started.telemetry, Subject("r")):
        tell("run.created")
        with asking("p:m", Prompted()) as asked:
            asked.answered(Usage(), 0)
    assert started.said == []
