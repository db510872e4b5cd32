"""Starts what listens: the one thing of telemetry that entry points call."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable

from adapters.telemetry import Telemetry
from adapters.telemetry.targets import langsmith_target, otlp_target
from domain.redaction import Redactor
from faber.settings import Settings

INSTALL = "pip install 'fractary-faber[otel]'"


def start_telemetry(settings: Settings, service: str, say: Callable[[str], None]) -> Telemetry:
    """Exporters as the environment asks for them, nothing at all when it does not. `service` is `faber-worker` or
    `faber-api`. Errors: UsageError naming the variable."""
    environment = settings.environment
    traces, metrics = otlp_target(environment, "TRACES"), otlp_target(environment, "METRICS")
    langsmith = langsmith_target(environment)
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true" or not (traces or metrics or langsmith):
        return Telemetry()
    try:
        from adapters.telemetry.sdk import Wanted, listen
    except ImportError as error:
        asked = "LANGSMITH_API_KEY" if not (traces or metrics) else "OTEL_EXPORTER_OTLP_ENDPOINT"
        say(f"telemetry: {asked} is set, and nothing is sent: {error.name} is missing. {INSTALL}")
        return Telemetry()
    resource = {
        "service.name": environment.get("OTEL_SERVICE_NAME") or service,
        "service.version": importlib.metadata.version("fractary-faber"),
    }
    redactor = Redactor.of_environment(environment)
    return listen(Wanted(resource, redactor.told, traces, metrics, langsmith), say)
