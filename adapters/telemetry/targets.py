"""Where spans and metrics go, by OpenTelemetry's own variables and LangSmith's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast, get_args
from urllib.parse import urlsplit

from faber.errors import UsageError

Signal = Literal["TRACES", "METRICS"]
Protocol = Literal["grpc", "http/protobuf"]

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
GRPC_PORT = 4317
LANGSMITH = "https://api.smith.langchain.com"


@dataclass(frozen=True)
class Target:
    url: str
    protocol: Protocol


@dataclass(frozen=True)
class LangSmithTarget:
    url: str
    key: str


def otlp_target(environment: Mapping[str, str], signal: Signal) -> Target | None:
    """Errors: UsageError naming the variable."""
    own = environment.get(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")
    url = own or environment.get(ENDPOINT)
    if not url or environment.get(f"OTEL_{signal}_EXPORTER", "otlp") == "none":
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"{ENDPOINT} must be a URL such as http://localhost:{GRPC_PORT}, got {url!r}")
    protocol = _protocol(environment, signal, parts.port)
    if protocol == "http/protobuf" and not own:
        url = f"{url.rstrip('/')}/v1/{signal.lower()}"
    return Target(url, protocol)


def _protocol(environment: Mapping[str, str], signal: Signal, port: int | None) -> Protocol:
    """As asked; else gRPC on its own port, as http://localhost:4317 is meant everywhere."""
    name = f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL"
    name = name if environment.get(name) else "OTEL_EXPORTER_OTLP_PROTOCOL"
    asked = environment.get(name)
    if not asked:
        return "grpc" if port == GRPC_PORT else "http/protobuf"
    if asked in get_args(Protocol):
        return cast("Protocol", asked)
    raise UsageError(f"{name} must be grpc or http/protobuf, got {asked!r}")


def langsmith_target(environment: Mapping[str, str]) -> LangSmithTarget | None:
    """LangSmith takes OTLP below its API, wherever that is."""
    key = environment.get("LANGSMITH_API_KEY")
    if not key:
        return None
    base = (environment.get("LANGSMITH_ENDPOINT") or LANGSMITH).rstrip("/").removesuffix("/otel")
    return LangSmithTarget(f"{base}/otel/v1/traces", key)
