"""What has happened in a run is told once each, however often and by whom its snapshots are reported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities.chronicle import Chronicle, Happening, begun, ended, moment, of_gates, of_phases, of_steps
from adapters.journal.in_memory import InMemoryJournal
from adapters.telemetry import Subject, telling
from faber.contract.activities import RunKey
from faber.contract.definition_runs import StepRun
from faber.contract.delivery import GateView, PhaseResult, Status, WaitingOn
from tests.adapters.telemetry.listening import listening
from tests.stand_in.otlp import OtlpReceiver

START = datetime(2026, 1, 2, 10, 0, tzinfo=UTC)
KEY = RunKey(run_id="r", origin="first")


def at(minutes: float) -> str:
    return (START + timedelta(minutes=minutes)).isoformat()


def status(**more: Any) -> Status:
    known = {"run_id": "r", "work_id": "1", "project": "p", "status": "running", "current_phase": None}
    return Status.model_validate({**known, "started_at": at(0), **more})


def waiting(request_id: str, minutes: float) -> WaitingOn:
    return WaitingOn(
        gate="architect",
        kind="approval",
        request_id=request_id,
        what="",
        since=at(minutes),
        by_itself="",
        command="",
        temporal_command="",
    )


def answered(request_id: str, opened: float, decided: float) -> GateView:
    return GateView(
        name="architect",
        kind="approval",
        round=1,
        request_id=request_id,
        opened_at=at(opened),
        what="",
        decision="approve",
        via="cli",
        decided_at=at(decided),
    )


def events(happenings: Sequence[Happening]) -> list[tuple[str, str | None]]:
    return [(item.event, item.step_id) for item in happenings]


def test_what_was_told_is_not_told_again_by_a_retry_or_another_worker() -> None:
    journal, snapshot = InMemoryJournal(), list(of_gates(status(waiting_on=[waiting("a", 1)])))
    assert events(Chronicle(journal).tell(KEY, snapshot)) == [("run.waiting", "architect")]
    assert Chronicle(journal).tell(KEY, snapshot) == []


def test_a_gate_that_was_open_in_no_snapshot_is_told_with_its_answer() -> None:
    told = Chronicle(InMemoryJournal()).tell(KEY, of_gates(status(decided=[answered("a", 1, 3)])))
    assert [(item.event, item.at, item.waited_s) for item in told] == [
        ("run.waiting", START + timedelta(minutes=1), None),
        ("run.resumed", START + timedelta(minutes=3), 120.0),
    ]


def test_a_run_that_is_tried_again_tells_nothing_of_its_past_and_its_own_end_anew() -> None:
    chronicle = Chronicle(InMemoryJournal())
    past = [*of_gates(status(decided=[answered("a", 1, 3)])), *failed_build()]
    chronicle.tell(KEY, [*begun(KEY), *past, *ended(KEY, "failed", "no")])
    again = KEY.model_copy(update={"origin": "second"})
    told = chronicle.tell(again, [*begun(again), *past, *ended(again, "completed")])
    assert events(told) == [("run.created", None), ("run.started", None), ("run.completed", None)]


def test_another_run_of_the_same_name_tells_of_everything_that_looks_the_same() -> None:
    chronicle = Chronicle(InMemoryJournal())
    results = [PhaseResult(phase="frame", round=1, status="completed")]
    first, other = (status(current_phase="frame", started_at=moment) for moment in (at(0), at(60)))
    assert len(chronicle.tell(KEY, of_phases(first, results, START))) == 2
    assert len(chronicle.tell(KEY, of_phases(other, results, START))) == 2


def failed_build() -> Iterator[Happening]:
    results = [
        PhaseResult(phase="frame", round=1, status="completed", duration_ms=5),
        PhaseResult(phase="build", round=1, status="failed", error="nothing changed"),
    ]
    return of_phases(status(current_phase="build", round=2), results, START)


def test_phases_are_steps_and_each_of_their_rounds_is_one() -> None:
    told = Chronicle(InMemoryJournal()).tell(KEY, failed_build())
    assert events(told) == [
        ("step.completed", "frame"),
        ("step.failed", "build"),
        ("step.started", "build"),
    ]
    assert [item.attributes["visit"] for item in told] == [1, 1, 2]


def test_the_phase_that_a_run_failed_in_has_failed_though_no_result_says_so() -> None:
    over = status(status="failed", current_phase="frame", error_phase="frame", error="no such work item")
    told = Chronicle(InMemoryJournal()).tell(KEY, of_phases(over, [], START))
    assert events(told) == [("step.started", "frame"), ("step.failed", "frame")]
    assert told[1].attributes["error"] == "no such work item"


def test_a_phase_that_failed_with_a_result_has_failed_once() -> None:
    results = [PhaseResult(phase="build", round=2, status="failed", error="no")]
    over = status(status="failed", current_phase="build", error_phase="build", round=2, error="no")
    told = Chronicle(InMemoryJournal()).tell(KEY, of_phases(over, results, START))
    assert events(told).count(("step.failed", "build")) == 1


@pytest.mark.parametrize(
    ("outcome", "event"),
    [
        ("completed", "run.completed"),
        ("failed", "run.failed"),
        ("cancelled", "run.canceled"),
        ("canceled", "run.canceled"),
    ],
)
def test_each_way_to_end_has_its_event(outcome: str, event: str) -> None:
    assert events(list(ended(KEY, outcome))) == [(event, None)]


def test_the_steps_of_a_definition_are_told_at_their_own_times() -> None:
    done = {"id": "r/ask/1", "run_id": "r", "step_id": "ask", "type": "form", "started_at": at(1)}
    steps = [
        StepRun.model_validate({**done, "status": "completed", "ended_at": at(2)}),
        StepRun.model_validate({**done, "id": "r/pay/1", "step_id": "pay", "status": "running"}),
        StepRun.model_validate(
            {**done, "id": "r/off/1", "step_id": "off", "status": "pending", "started_at": ""}
        ),
    ]
    told = list(of_steps(steps))
    assert events(told) == [("step.started", "ask"), ("step.completed", "ask"), ("step.started", "pay")]
    assert [item.at for item in told] == [START + timedelta(minutes=minutes) for minutes in (1, 2, 1)]


@contextmanager
def heard() -> Iterator[OtlpReceiver]:
    with OtlpReceiver() as receiver:
        url = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.http_url,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        }
        with (
            listening(**url) as started,
            telling(started.telemetry, Subject("r", "release")),
            started.telemetry.tracer.start_as_current_span("report"),
        ):
            yield receiver


def test_a_step_is_a_span_of_its_own_time_below_its_run() -> None:
    with heard() as receiver:
        step = StepRun(
            id="s",
            run_id="r",
            step_id="ask",
            type="form",
            status="failed",
            started_at=at(1),
            ended_at=at(3),
            error="no",
        )
        happenings = [
            *of_steps([step]),
            *ended(KEY, "failed", "no", began=START, at=START + timedelta(minutes=5)),
        ]
        Chronicle(InMemoryJournal()).tell(KEY, happenings)
    spans = {span.name: span for span in receiver.spans}
    assert (spans["ask"].seconds, spans["run"].seconds) == (120, 300)
    assert spans["ask"].parent_id == spans["run"].span_id
    assert {span.trace_id for span in spans.values()} == {spans["report"].trace_id}
    assert (spans["ask"].error, spans["run"].error) == ("no", "no")
    assert (spans["ask"].attributes["step_id"], "step_id" in spans["run"].attributes) == ("ask", False)


def test_the_wait_at_a_gate_is_counted_once() -> None:
    with heard() as receiver:
        chronicle = Chronicle(InMemoryJournal())
        for _ in range(3):
            chronicle.tell(KEY, of_gates(status(decided=[answered("a", 1, 3)])))
    [point] = receiver.points("faber.gate.wait")
    assert (point.count, point.value, point.attributes) == (1, 120, {"kind": "approval"})


def test_one_snapshot_of_many_things_is_told_in_the_order_that_they_happened_in() -> None:
    made = {"run_id": "r", "type": "form", "visit": 1}
    steps = [
        StepRun(id="2", step_id="pay", status="running", started_at=at(3), **made),
        StepRun(id="1", step_id="architect", status="completed", started_at=at(1), ended_at=at(3), **made),
    ]
    gates = of_gates(status(decided=[answered("a", 1, 3)]))
    told = Chronicle(InMemoryJournal()).tell(
        KEY, [*ended(KEY, "failed"), *gates, *of_steps(steps), *begun(KEY)]
    )
    assert events(told) == [
        ("run.created", None),
        ("run.started", None),
        ("step.started", "architect"),
        ("run.waiting", "architect"),
        ("run.resumed", "architect"),
        ("step.completed", "architect"),
        ("step.started", "pay"),
        ("run.failed", None),
    ]


def test_a_wait_that_is_no_steps_own_is_told_of_the_step_under_way() -> None:
    pause = waiting("p", 1).model_copy(update={"gate": "pause", "kind": "pause"})
    assert events(list(of_gates(status(waiting_on=[pause])))) == [("run.waiting", None)]


def test_a_snapshot_that_lacks_its_times_is_told_all_the_same() -> None:
    step = StepRun(id="1", run_id="r", step_id="ask", type="form", status="failed", ended_at=at(1))
    told = Chronicle(InMemoryJournal()).tell(
        KEY, [*of_steps([step]), *ended(KEY, "failed", began=moment(""))]
    )
    assert events(told) == [("step.failed", "ask"), ("run.failed", None)]
