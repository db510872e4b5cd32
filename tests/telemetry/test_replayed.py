"""Tracing changes nothing that a run asks of Temporal: a run that is open while it is turned on goes on."""

from __future__ import annotations

import pytest

from tests.adapters.telemetry.listening import listening
from tests.histories.commands import WORKFLOWS, fingerprint_of, history_of, names, replay
from tests.stand_in.otlp import OtlpReceiver


@pytest.mark.parametrize("name", names())
async def test_a_recorded_run_is_replayed_under_tracing_and_tells_nothing_again(name: str) -> None:
    with OtlpReceiver() as receiver:
        with listening(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{receiver.http_url}/v1/traces") as started:
            assert started.telemetry.interceptors
            replayed = await replay(history_of(name), WORKFLOWS, started.telemetry.interceptors)
        assert replayed.failure is None
        assert replayed.lines == fingerprint_of(name)
        assert {span.name for span in receiver.spans} <= {
            f"CompleteWorkflow:{kind.__name__}" for kind in WORKFLOWS
        }
