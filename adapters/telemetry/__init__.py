"""What the engine tells of itself while it works. This is OpenTelemetry's API only, silent until an entry point has
started what listens to it: `adapters.telemetry.start.start_telemetry`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.metrics import Meter, NoOpMeter
from opentelemetry.trace import NoOpTracer, Tracer

from adapters.telemetry.ids import taking

Attribute = str | bool | int | float

SHORT_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
CALL_S = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320, 640, 1200)
PATIENT_S = (1, 10, 60, 300, 900, 3600, 14_400, 28_800, 86_400, 259_200, 604_800)


PROJECT = "langsmith.project"
"""The attribute of those spans that LangSmith gets: turns, their model calls, the steps and runs that hold them."""
ORIGIN, VISIT, TURN = "faber.origin", "faber.visit", "faber.turn"
"""Where a turn, or a call of `ai_generate`, belongs: its run's first execution, the visit of its step, and a turn's
number there."""


@dataclass(frozen=True)
class Subject:
    """Whose work is under way: every span and log line of it bears these names. `project` is LangSmith's."""

    run_id: str
    step_id: str | None = None
    project: str | None = None

    def attributes(self) -> dict[str, Attribute]:
        names: dict[str, Attribute] = {"run_id": self.run_id}
        if self.step_id:
            names["step_id"] = self.step_id
        if self.project:
            names[PROJECT] = self.project
        return names


class Meters:
    """The instruments, by what they count."""

    def __init__(self, meter: Meter) -> None:
        self.tokens = meter.create_counter(
            "faber.tokens", unit="{token}", description="Tokens by provider, model and direction"
        )
        self.cost = meter.create_counter(
            "faber.cost", unit="USD", description="Dollars by provider and model, failed calls included"
        )
        self.model_latency = meter.create_histogram(
            "faber.model.latency",
            unit="s",
            description="How long a model call took",
            explicit_bucket_boundaries_advisory=CALL_S,
        )
        self.gate_wait = meter.create_histogram(
            "faber.gate.wait",
            unit="s",
            description="How long a run waited for the answer to a gate",
            explicit_bucket_boundaries_advisory=PATIENT_S,
        )
        self.queue_latency = meter.create_histogram(
            "faber.queue.latency",
            unit="s",
            description="How long an activity lay in its queue before a worker took it",
            explicit_bucket_boundaries_advisory=SHORT_S,
        )


def nothing(*_: Any) -> None:
    """What is done where nobody listens."""


@dataclass(frozen=True)
class Telemetry:
    """`interceptors` go to Temporal's client, `langsmith` is whether its key is set, `watch` takes a FastAPI app whose
    requests become spans, `close` sends what is left: call it before the process ends."""

    tracer: Tracer = field(default_factory=NoOpTracer)
    meters: Meters = field(default_factory=lambda: Meters(NoOpMeter("faber")))
    interceptors: Sequence[Any] = ()
    langsmith: bool = False
    watch: Callable[[Any], None] = nothing
    close: Callable[[], None] = nothing


_telemetry: ContextVar[Telemetry | None] = ContextVar("telemetry", default=None)
_subject: ContextVar[Subject | None] = ContextVar("subject", default=None)


def current() -> Telemetry:
    return _telemetry.get() or Telemetry()


def subject() -> Subject | None:
    return _subject.get()


@contextlib.contextmanager
def telling(telemetry: Telemetry, about: Subject) -> Iterator[None]:
    """What is told inside goes there, and is about this."""
    heard, told = _telemetry.set(telemetry), _subject.set(about)
    try:
        yield
    finally:
        _subject.reset(told)
        _telemetry.reset(heard)


@contextlib.contextmanager
def at_step(step_id: str | None) -> Iterator[None]:
    """What is told inside is about this step of the run, or about the whole of it."""
    about = _subject.get()
    told = _subject.set(replace(about, step_id=step_id) if about else None)
    try:
        yield
    finally:
        _subject.reset(told)


def past_span(
    name: str,
    ids: tuple[int, int],
    began: datetime,
    ended: datetime,
    attributes: Mapping[str, Attribute],
    error: str | None = None,
) -> None:
    """A span of what was long under way and is over now, in the trace of the span under way. `ids` are its own and
    its parent's: no process lives as long as it, so nobody can have it open."""
    here = trace.get_current_span().get_span_context()
    above = trace.SpanContext(here.trace_id, ids[1], is_remote=True, trace_flags=here.trace_flags)
    context = trace.set_span_in_context(trace.NonRecordingSpan(above), Context())
    with taking(ids[0]):
        span = current().tracer.start_span(
            name, context, attributes=attributes, start_time=nanoseconds(began)
        )
    if error is not None:
        span.set_status(trace.Status(trace.StatusCode.ERROR, error))
    span.end(nanoseconds(ended))


def nanoseconds(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000_000)
