"""Log records as JSON lines on stderr, every value of them redacted."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

import temporalio.activity
import temporalio.workflow
from opentelemetry import trace
from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig

from adapters.telemetry import subject
from domain.redaction import Redactor
from faber.errors import UsageError

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
# Those of other libraries speak from WARNING on: some of them write whole requests at DEBUG.
OWN = (
    "activities",
    "adapters",
    "domain",
    "faber",
    "http_api",
    "uvicorn",
    "worker",
    "workflows",
)
LONGEST = 32_000


class JsonLines(logging.Formatter):
    """One object a line: time, level, logger, message, run_id, step_id, trace_id, and `told` of an event."""

    def __init__(self, told: Callable[[Any], Any]) -> None:
        super().__init__()
        self._told = told

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": self._cut(record.getMessage()),
            **whose(record),
            **getattr(record, "told", {}),
        }
        if record.exc_info:
            line["error"] = self._cut(self.formatException(record.exc_info))
        return json.dumps(self._told(line), ensure_ascii=False, default=str)

    def _cut(self, text: str) -> str:
        """Redacted before it is cut, or half of a secret would stand at the end."""
        return str(self._told(text[: 4 * LONGEST]))[:LONGEST]


def whose(record: logging.LogRecord) -> dict[str, str]:
    """The run, the step and the trace that a record is of."""
    found: dict[str, str] = {}
    about = subject()
    for context in (getattr(record, "temporal_workflow", None), getattr(record, "temporal_activity", None)):
        if isinstance(context, Mapping) and context.get("workflow_id"):
            found["run_id"] = str(context["workflow_id"])
    if about is not None:
        found |= {"run_id": about.run_id} | ({"step_id": about.step_id} if about.step_id else {})
    span = trace.get_current_span().get_span_context()
    return found | ({"trace_id": trace.format_trace_id(span.trace_id)} if span.is_valid else {})


def start_logging(environment: Mapping[str, str], stream: TextIO | None = None) -> None:
    """For the whole process. Errors: UsageError naming LOG_LEVEL."""
    level = environment.get("LOG_LEVEL") or "INFO"
    if level not in LEVELS:
        raise UsageError(f"LOG_LEVEL must be one of {', '.join(LEVELS)}, got {level!r}")
    # Both are said in fields of their own.
    temporalio.activity.logger.activity_info_on_message = False
    temporalio.workflow.logger.workflow_info_on_message = False
    heard = logging.StreamHandler(stream or sys.stderr)
    heard.setFormatter(JsonLines(Redactor.of_environment(environment).told))
    logging.basicConfig(handlers=[heard], level=max(logging.WARNING, logging.getLevelName(level)), force=True)
    for name in OWN:
        logging.getLogger(name).setLevel(level)
    # At DEBUG its worker writes what every activity returns.
    temporal = logging.getLogger("temporalio")
    temporal.setLevel(max(logging.INFO, logging.getLevelName(level)))
    _forward_core(temporal)


def _forward_core(to: logging.Logger) -> None:
    """Temporal's native half writes to stderr by itself otherwise: in plain text, and with whatever an error says."""
    forwarded = LogForwardingConfig(to, append_target_to_name=False)
    config = LoggingConfig(LoggingConfig.default.filter, forwarding=forwarded)
    Runtime.set_default(Runtime(telemetry=TelemetryConfig(logging=config)), error_if_already_set=False)
