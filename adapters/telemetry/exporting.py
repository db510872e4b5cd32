"""What leaves is redacted, and a receiver that is not there is said once and costs nothing else."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from opentelemetry.sdk.metrics.export import MetricExporter, MetricExportResult, MetricsData
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Status, StatusCode

NOISY = ("opentelemetry.exporter", "opentelemetry.sdk._shared_internal", "urllib3.connectionpool")


class Receiver:
    """Whether it takes what it is sent. `away` is that it did not, the last time."""

    def __init__(self, say: Callable[[str], None], what: str, url: str) -> None:
        self._say = say
        self._what = f"{url} does not take {what}"
        self._said = False
        self.away = False

    def heard(self, taken: bool) -> None:
        """The first time that it does not, a line says so; the exporters would say it every time."""
        self.away = not taken
        if self.away and not self._said:
            self._said = True
            self._say(
                f"telemetry: {self._what}; the runs go on, and what it misses is lost. Start it, or unset its variable"
            )


def silence_exporters() -> None:
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.CRITICAL)


class SafeSpans(SpanExporter):
    def __init__(self, inner: SpanExporter, told: Callable[[Any], Any], receiver: Receiver) -> None:
        self._inner = inner
        self._told = told
        self.receiver = receiver

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._inner.export([self._redacted(span) for span in spans])
        self.receiver.heard(result is SpanExportResult.SUCCESS)
        return result

    def shutdown(self) -> None:
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._inner.force_flush(timeout_millis)

    def _redacted(self, span: ReadableSpan) -> ReadableSpan:
        return copied(
            span,
            name=self._told(span.name),
            attributes=self._told(span.attributes or {}),
            events=[
                Event(event.name, self._told(event.attributes or {}), event.timestamp)
                for event in span.events
            ],
            status=Status(span.status.status_code, self._said(span.status)),
        )

    def _said(self, status: Status) -> str | None:
        is_error = status.status_code is StatusCode.ERROR
        return self._told(status.description) if is_error and status.description else None


class SafeMetrics(MetricExporter):
    def __init__(self, inner: MetricExporter, receiver: Receiver) -> None:
        super().__init__(inner._preferred_temporality, inner._preferred_aggregation)
        self._inner = inner
        self.receiver = receiver

    def export(
        self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: Any
    ) -> MetricExportResult:
        result = self._inner.export(metrics_data, timeout_millis, **kwargs)
        self.receiver.heard(result is MetricExportResult.SUCCESS)
        return result

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        return self._inner.force_flush(timeout_millis)

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: Any) -> None:
        self._inner.shutdown(timeout_millis, **kwargs)


def copied(span: ReadableSpan, **changed: Any) -> ReadableSpan:
    """An ended span cannot be changed."""
    same = {
        "name": span.name,
        "context": span.context,
        "parent": span.parent,
        "resource": span.resource,
        "attributes": span.attributes,
        "events": span.events,
        "links": span.links,
        "kind": span.kind,
        "status": span.status,
        "start_time": span.start_time,
        "end_time": span.end_time,
        "instrumentation_scope": span.instrumentation_scope,
    }
    return ReadableSpan(**{**same, **changed})
