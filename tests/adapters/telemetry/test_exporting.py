"""What a receiver gets: whose span it is, nothing secret in it, and no run that minds when it is away."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from activities.events import Prompted, asking, tell
from adapters.telemetry import Subject, Telemetry, at_step, telling
from faber.contract.money import Usage
from tests.adapters.telemetry.listening import Started, listening
from tests.stand_in.otlp import OtlpReceiver

ENDPOINT, PROTOCOL = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL"
SECRET = "opensesame-of-the-environment"


@pytest.fixture
def receiver() -> Iterator[OtlpReceiver]:
    with OtlpReceiver() as receiver:
        yield receiver


@pytest.fixture(params=["grpc", "http/protobuf"])
def environment(request: pytest.FixtureRequest, receiver: OtlpReceiver) -> dict[str, str]:
    url = receiver.grpc_url if request.param == "grpc" else receiver.http_url
    return {ENDPOINT: url, PROTOCOL: request.param, "DEPLOY_TOKEN": SECRET}


def tell_everything(telemetry: Telemetry) -> None:
    with telling(telemetry, Subject("def-1", "greet")), telemetry.tracer.start_as_current_span("outer"):
        tell("step.started", {"who": "dana@example.org", "left_out": None})
        with at_step("other"), asking("openai:gpt", Prompted("invoice", "3", 1)) as asked:
            asked.answered(Usage(input_tokens=10, cache_read_tokens=5, output_tokens=7), 1_500)


def test_a_span_bears_its_run_and_step_and_what_was_told_in_it(
    receiver: OtlpReceiver, environment: dict[str, str]
) -> None:
    with listening(**environment) as started:
        tell_everything(started.telemetry)
    [outer], [call] = receiver.named("outer"), receiver.named("ai.request")
    assert (outer.service, outer.attributes) == ("faber-worker", {"run_id": "def-1", "step_id": "greet"})
    assert outer.events == [
        ("step.started", {"run_id": "def-1", "step_id": "greet", "who": "[REDACTED_EMAIL]"})
    ]
    assert (call.parent_id, call.trace_id) == (outer.span_id, outer.trace_id)
    assert call.attributes["step_id"] == "other"
    assert call.attributes["gen_ai.request.model"] == "gpt"
    assert [name for name, _ in call.events] == ["ai.request", "ai.response"]
    said = call.events[1][1]
    assert said.pop("latency_ms") >= 0
    assert said == {
        "run_id": "def-1",
        "step_id": "other",
        "provider": "openai",
        "template_id": "invoice",
        "template_version": "3",
        "tokens_prompt": 15,
        "tokens_output": 7,
        "retry_count": 1,
    }


def test_what_is_counted_arrives_when_the_process_ends(
    receiver: OtlpReceiver, environment: dict[str, str]
) -> None:
    with listening(**environment) as started:
        tell_everything(started.telemetry)
        started.telemetry.meters.gate_wait.record(4, {"kind": "approval"})
    by = {"gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt"}
    tokens = {point.attributes["gen_ai.token.type"]: point.value for point in receiver.points("faber.tokens")}
    assert tokens == {"input": 15, "output": 7}
    [cost], [waited], [took] = (
        receiver.points(name) for name in ("faber.cost", "faber.gate.wait", "faber.model.latency")
    )
    assert (cost.attributes, cost.value) == (by, 0.0015)
    assert (waited.attributes, waited.value, waited.count) == ({"kind": "approval"}, 4, 1)
    assert (took.attributes, took.count) == (by, 1)


LEAKS = {
    "authorization: Bearer abc.def": "authorization: Bearer [REDACTED]",
    "api_key: abc": "api_key: [REDACTED]",
    "token: abc": "token: [REDACTED]",
    "secret: abc": "secret: [REDACTED]",
    "dana@example.org": "[REDACTED_EMAIL]",
    "+49 30 901820": "[REDACTED_PHONE]",
    "123-45-6789": "[REDACTED_SSN]",
    "4111 1111 1111 1111": "[REDACTED_PAN]",
    SECRET: "[REDACTED]",
}


def test_nothing_secret_leaves_in_a_name_an_attribute_an_event_or_an_error(receiver: OtlpReceiver) -> None:
    with listening(**{ENDPOINT: receiver.http_url, "DEPLOY_TOKEN": SECRET}) as started:
        for leak in LEAKS:
            with (
                pytest.raises(ValueError),
                started.telemetry.tracer.start_as_current_span(f"span {leak}") as span,
            ):
                span.set_attributes({"said": leak, "list": [leak, leak]})
                tell("run.failed", {"error": leak})
                raise ValueError(leak)
    assert len(receiver.spans) == len(LEAKS)
    for heard, expected in zip(receiver.spans, LEAKS.values(), strict=True):
        assert heard.name == f"span {expected}"
        assert heard.attributes == {"said": expected, "list": [expected, expected]}
        (_, failed), (_, raised) = heard.events
        assert failed["error"] == expected
        assert raised["exception.message"] == expected
        assert expected in raised["exception.stacktrace"]
        assert heard.error == f"ValueError: {expected}"
    assert not [leak for leak in LEAKS if leak in repr(receiver.spans)]


def test_a_value_under_the_name_of_a_secret_does_not_leave(receiver: OtlpReceiver) -> None:
    with (
        listening(**{ENDPOINT: receiver.http_url}) as started,
        started.telemetry.tracer.start_as_current_span("x") as span,
    ):
        span.set_attributes({"api_key": "two words", "x.token": 12, "gen_ai.usage.input_tokens": 12})
    assert receiver.spans[0].attributes == {
        "api_key": "[REDACTED]",
        "x.token": "[REDACTED]",
        "gen_ai.usage.input_tokens": 12,
    }


def unused_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def tell_of_many(started: Started) -> None:
    """More than one batch of spans, so that more than one export fails."""
    for _ in range(1_200):
        with started.telemetry.tracer.start_as_current_span("x"):
            pass


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_a_receiver_that_is_away_is_said_once_for_each_kind_and_keeps_nobody(
    protocol: str, capfd: pytest.CaptureFixture[str]
) -> None:
    url = f"http://127.0.0.1:{unused_port()}"
    with listening(**{ENDPOINT: url, PROTOCOL: protocol}) as started:
        tell_of_many(started)
        started.telemetry.meters.cost.add(1)
    traces, metrics = sorted(started.said, key=lambda line: "metrics" in line)
    assert url in traces and "does not take traces" in traces
    assert "does not take metrics" in metrics
    assert capfd.readouterr().err == ""


def test_a_receiver_that_refuses_is_said_once_too() -> None:
    with (
        OtlpReceiver(status=403) as receiver,
        listening(**{ENDPOINT: receiver.http_url, "OTEL_METRICS_EXPORTER": "none"}) as started,
    ):
        tell_of_many(started)
    assert [line for line in started.said if "does not take traces" in line] == started.said
    assert len(started.said) == 1
