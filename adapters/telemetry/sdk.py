"""OpenTelemetry's SDK, set up: the one place that knows its exporters. The extra `otel` installs what it imports."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcMetrics
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpans
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpMetrics
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpans
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExporter, MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult

from adapters.telemetry import Meters, Telemetry, subject
from adapters.telemetry.exporting import Receiver, SafeMetrics, SafeSpans, silence_exporters
from adapters.telemetry.ids import next_ids
from adapters.telemetry.langsmith import LangSmith
from adapters.telemetry.targets import LangSmithTarget, Target
from adapters.telemetry.temporal import RunTracing

SCOPE = "faber"
SENT_WITHIN_S = 3.0


@dataclass(frozen=True)
class Wanted:
    """`told` redacts whatever leaves."""

    resource: Mapping[str, str]
    told: Callable[[Any], Any]
    traces: Target | None
    metrics: Target | None
    langsmith: LangSmithTarget | None


class Ids(RandomIdGenerator):
    """Random, except for what `taking` gives."""

    def generate_span_id(self) -> int:
        given = next_ids()
        return given.span_id if given else super().generate_span_id()

    def generate_trace_id(self) -> int:
        given = next_ids()
        return given.trace_id if given and given.trace_id else super().generate_trace_id()


class Naming(SpanProcessor):
    """Writes on every span whose run and step it is of."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        about, given = subject(), span.attributes or {}
        if about is not None:
            named = about.attributes()
            span.set_attributes({name: value for name, value in named.items() if name not in given})
        elif workflow_id := given.get("temporalWorkflowID"):
            span.set_attribute("run_id", workflow_id)


class Meant(Sampler):
    """As OTEL_TRACES_SAMPLER says, without a trace for each time that a loop looks how a run stands."""

    def __init__(self, inner: Sampler) -> None:
        self._inner = inner

    def should_sample(
        self, parent_context: Context | None, trace_id: int, name: str, *args: Any, **kwargs: Any
    ) -> SamplingResult:
        above = trace.get_current_span(parent_context).get_span_context()
        if name.startswith(("QueryWorkflow:", "HandleQuery:")) and not above.is_valid:
            return SamplingResult(Decision.DROP)
        return self._inner.should_sample(parent_context, trace_id, name, *args, **kwargs)

    def get_description(self) -> str:
        return self._inner.get_description()


def listen(wanted: Wanted, say: Callable[[str], None]) -> Telemetry:
    silence_exporters()
    instance = {"service.instance.id": f"{socket.gethostname()}/{os.getpid()}"}
    resource = Resource.create({**wanted.resource, **instance})
    exporters: list[SafeSpans | SafeMetrics] = []

    def batched(exporter: SpanExporter, receiver: Receiver) -> SpanProcessor:
        safe = SafeSpans(exporter, wanted.told, receiver)
        exporters.append(safe)
        return BatchSpanProcessor(safe)

    traces = TracerProvider(resource=resource, id_generator=Ids(), shutdown_on_exit=False)
    traces.sampler = Meant(traces.sampler)
    traces.add_span_processor(Naming())
    if wanted.traces:
        receiver = Receiver(say, "traces", wanted.traces.url)
        traces.add_span_processor(batched(span_exporter(wanted.traces), receiver))
    if wanted.langsmith:
        langsmith = Receiver(say, "LangSmith's traces", wanted.langsmith.url)
        export = partial(batched, receiver=langsmith)
        traces.add_span_processor(LangSmith(wanted.langsmith, export))
    readers: list[MetricReader] = []
    if wanted.metrics:
        counted = SafeMetrics(metric_exporter(wanted.metrics), Receiver(say, "metrics", wanted.metrics.url))
        exporters.append(counted)
        readers.append(PeriodicExportingMetricReader(counted))
    meters = MeterProvider(readers, resource=resource, shutdown_on_exit=False)
    tracer = traces.get_tracer(SCOPE)
    return Telemetry(
        tracer=tracer,
        meters=Meters(meters.get_meter(SCOPE)),
        interceptors=[RunTracing(tracer, always_create_workflow_spans=True)],
        langsmith=wanted.langsmith is not None,
        watch=partial(watch, traces, meters),
        close=partial(close, [traces.shutdown, meters.shutdown], exporters),
    )


def watch(traces: TracerProvider, meters: MeterProvider, app: Any) -> None:
    # FastAPI is the API's alone.
    from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor

    FastAPIInstrumentor.instrument_app(
        app, tracer_provider=traces, meter_provider=meters, exclude_spans=["receive", "send"]
    )


def close(shutdowns: Sequence[Callable[[], None]], exporters: Sequence[SafeSpans | SafeMetrics]) -> None:
    """Sends what is left. A receiver that is away is not waited for, and one that is slow for seconds only."""
    ends = [threading.Thread(target=shutdown, daemon=True) for shutdown in shutdowns]
    for end in ends:
        end.start()
    until = time.monotonic() + SENT_WITHIN_S
    while any(end.is_alive() for end in ends) and time.monotonic() < until:
        if all(exporter.receiver.away for exporter in exporters):
            break
        for end in ends:
            end.join(0.05)
    for exporter in exporters:
        exporter.shutdown()
    for end in ends:
        end.join(1)


def span_exporter(target: Target) -> SpanExporter:
    return GrpcSpans(target.url) if target.protocol == "grpc" else HttpSpans(target.url)


def metric_exporter(target: Target) -> MetricExporter:
    return GrpcMetrics(target.url) if target.protocol == "grpc" else HttpMetrics(target.url)
