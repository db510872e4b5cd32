"""An OTLP receiver on loopback, by gRPC and by HTTP: it decodes what arrives and keeps it."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import (
    MetricsServiceServicer,
    add_MetricsServiceServicer_to_server,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass(frozen=True)
class Heard:
    """One span as it arrived. `service` is its process's name; `events` are (name, attributes)."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    attributes: dict[str, Any]
    events: list[tuple[str, dict[str, Any]]]
    error: str | None
    seconds: float


@dataclass(frozen=True)
class Point:
    """One value of a metric: a sum, or how often a histogram was added to and the sum of that."""

    name: str
    attributes: dict[str, Any]
    value: float
    count: int = 1


@dataclass
class Arrived:
    spans: list[Heard] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """(path, headers) of each, in lower case."""


class OtlpReceiver:
    """`status` is what HTTP is answered with."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.arrived = Arrived()
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (_Posts,), {"receiver": self}))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self._grpc = grpc.server(ThreadPoolExecutor(4))
        add_TraceServiceServicer_to_server(_Traces(self), self._grpc)  # type: ignore[no-untyped-call]
        add_MetricsServiceServicer_to_server(_Metrics(self), self._grpc)  # type: ignore[no-untyped-call]
        self.grpc_url = f"http://127.0.0.1:{self._grpc.add_insecure_port('127.0.0.1:0')}"
        self.http_url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> OtlpReceiver:
        self._grpc.start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._grpc.stop(None).wait()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    @property
    def spans(self) -> list[Heard]:
        return self.arrived.spans

    def named(self, name: str) -> list[Heard]:
        return [span for span in self.spans if span.name == name]

    def points(self, name: str) -> list[Point]:
        return [point for point in self.arrived.points if point.name == name]

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        with self._lock:
            self.arrived.requests.append((path, dict(headers)))
        if path.endswith("/v1/metrics"):
            self.hear_metrics(ExportMetricsServiceRequest.FromString(body))
            return bytes(ExportMetricsServiceResponse().SerializeToString())
        self.hear_spans(ExportTraceServiceRequest.FromString(body))
        return bytes(ExportTraceServiceResponse().SerializeToString())

    def hear_spans(self, request: ExportTraceServiceRequest) -> None:
        for resource in request.resource_spans:
            service = str(_plain(resource.resource.attributes).get("service.name"))
            heard = [_heard(service, span) for scope in resource.scope_spans for span in scope.spans]
            with self._lock:
                self.arrived.spans += heard

    def hear_metrics(self, request: ExportMetricsServiceRequest) -> None:
        for resource in request.resource_metrics:
            for metric in (metric for scope in resource.scope_metrics for metric in scope.metrics):
                counted = [
                    Point(metric.name, _plain(point.attributes), point.as_double or point.as_int)
                    for point in metric.sum.data_points
                ]
                counted += [
                    Point(metric.name, _plain(point.attributes), point.sum, point.count)
                    for point in metric.histogram.data_points
                ]
                with self._lock:
                    self.arrived.points += counted


class _Traces(TraceServiceServicer):
    def __init__(self, receiver: OtlpReceiver) -> None:
        self._receiver = receiver

    def Export(self, request: Any, context: Any) -> ExportTraceServiceResponse:
        self._receiver.hear_spans(request)
        return ExportTraceServiceResponse()


class _Metrics(MetricsServiceServicer):
    def __init__(self, receiver: OtlpReceiver) -> None:
        self._receiver = receiver

    def Export(self, request: Any, context: Any) -> ExportMetricsServiceResponse:
        self._receiver.hear_metrics(request)
        return ExportMetricsServiceResponse()


class _Posts(BaseHTTPRequestHandler):
    receiver: OtlpReceiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.receiver.post(self.path, headers, body)
        self.send_response(self.receiver.status)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the tests look at what arrived."""


def _heard(service: str, span: Span) -> Heard:
    return Heard(
        service=service,
        name=span.name,
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        attributes=_plain(span.attributes),
        events=[(event.name, _plain(event.attributes)) for event in span.events],
        error=span.status.message if span.status.code == span.status.STATUS_CODE_ERROR else None,
        seconds=(span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
    )


def _plain(attributes: Iterable[KeyValue]) -> dict[str, Any]:
    return {item.key: _value(item.value) for item in attributes}


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(item) for item in value.array_value.values]
    return None if kind is None else getattr(value, kind)
