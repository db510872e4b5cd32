"""LangSmith's view of a run: run, step, turn, model call. It takes OTLP, so this needs no library of its own.

Of Temporal's spans it sees the turns and the calls of `ai_generate` only, below the step that they are of instead of
Temporal's scheduling. No prompt and no answer goes there: neither stands on a span.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import requests
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter
from opentelemetry.trace import SpanContext

from adapters.telemetry import ORIGIN, PROJECT, TURN, VISIT
from adapters.telemetry.exporting import copied
from adapters.telemetry.ids import RUN, span_of
from adapters.telemetry.targets import LangSmithTarget

HEADERS = {"accept", "accept-encoding", "connection", "content-encoding", "content-length", "content-type"}


class Alone(requests.Session):
    """OpenTelemetry's exporter adds the headers of OTEL_EXPORTER_OTLP_HEADERS to any address: another receiver's
    credentials are nothing for this one."""

    def __init__(self, own: dict[str, str]) -> None:
        super().__init__()
        self._own = own

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        for name in [name for name in request.headers if name.lower() not in HEADERS]:
            del request.headers[name]
        request.headers.update(self._own)
        return super().send(request, **kwargs)


class LangSmith(SpanProcessor):
    """One exporter for each project, because the project is a header. `export` is what sends by an exporter."""

    def __init__(self, target: LangSmithTarget, export: Callable[[SpanExporter], SpanProcessor]) -> None:
        self._target = target
        self._export = export
        self._projects: dict[str, SpanProcessor] = {}

    def on_end(self, span: ReadableSpan) -> None:
        project = (span.attributes or {}).get(PROJECT)
        if project:
            self._of(str(project)).on_end(seen(span))

    def shutdown(self) -> None:
        for project in self._projects.values():
            project.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return all(project.force_flush(timeout_millis) for project in self._projects.values())

    def _of(self, project: str) -> SpanProcessor:
        if project not in self._projects:
            own = {"x-api-key": self._target.key, "Langsmith-Project": project}
            exporter = OTLPSpanExporter(self._target.url, session=Alone(own))
            self._projects[project] = self._export(exporter)
        return self._projects[project]


def seen(span: ReadableSpan) -> ReadableSpan:
    """The span as LangSmith shows it: of what kind, and below what."""
    given = dict(span.attributes or {})
    parent, name = span.parent, span.name
    kind = "llm" if name == "ai.request" else "chain"
    if name == RUN:
        parent = None
    elif ORIGIN in given:
        kind = "tool" if name.endswith(":use_tools") else kind
        name = f"{'tools of ' if kind == 'tool' else ''}{turn(given, name)}"
        under = span_of(str(given[ORIGIN]), given.get("step_id"), given[VISIT])
        parent = SpanContext(
            span.context.trace_id, under, is_remote=True, trace_flags=span.context.trace_flags
        )
    shown = {
        f"langsmith.metadata.{key}": value for key, value in given.items() if key in ("run_id", "step_id")
    }
    return copied(span, name=name, parent=parent, attributes={**given, **shown, "langsmith.span.kind": kind})


def turn(given: Mapping[str, Any], name: str) -> str:
    """Which one of its step: a phase has turns, a step of a definition one call for each item and try."""
    return f"turn {given[TURN]}" if TURN in given else name.partition(":")[2] or name
