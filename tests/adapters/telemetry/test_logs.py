"""Log lines: one JSON object each, on stderr, whose work it is, and nothing secret in any value."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from temporalio import activity
from temporalio.testing import ActivityEnvironment

from activities.events import tell
from adapters.telemetry import Subject, Telemetry, telling
from adapters.telemetry.logs import LONGEST, JsonLines, start_logging
from domain.redaction import Redactor
from faber.errors import UsageError
from tests.adapters.telemetry.test_exporting import LEAKS, SECRET

ROOT = Path(__file__).parents[3]
Lines = Callable[[], list[dict[str, Any]]]
LOG = logging.getLogger("activities.of_a_test")


@pytest.fixture
def lines() -> Iterator[Lines]:
    """The lines that were logged below `activities`, read back."""
    stream = io.StringIO()
    heard = logging.StreamHandler(stream)
    heard.setFormatter(JsonLines(Redactor([SECRET]).told))
    logger, level = logging.getLogger("activities"), logging.getLogger("activities").level
    logger.addHandler(heard)
    logger.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.removeHandler(heard)
    logger.setLevel(level)


def test_a_line_says_when_how_grave_who_and_what(lines: Lines) -> None:
    LOG.warning("%s of %d", "one", 2)
    [line] = lines()
    assert line.pop("time").endswith("+00:00")
    assert line == {"level": "WARNING", "logger": "activities.of_a_test", "message": "one of 2"}


def test_a_line_bears_run_step_and_trace_of_the_work_under_way(lines: Lines) -> None:
    tracer = TracerProvider().get_tracer("test")
    with (
        telling(Telemetry(tracer=tracer), Subject("def-1", "greet")),
        tracer.start_as_current_span("x") as span,
    ):
        LOG.info("here")
        tell("step.completed", {"duration_ms": 7})
    said, event = lines()
    assert (said["run_id"], said["step_id"]) == ("def-1", "greet")
    assert said["trace_id"] == f"{span.get_span_context().trace_id:032x}"
    assert event["message"] == "step.completed"
    assert event["duration_ms"] == 7


async def test_a_line_of_temporals_own_loggers_bears_the_run(lines: Lines) -> None:
    environment = ActivityEnvironment()

    async def work() -> None:
        LOG.info("inside", extra={"temporal_activity": {"workflow_id": activity.info().workflow_id}})

    await environment.run(work)
    assert lines()[0]["run_id"] == environment.info.workflow_id


@pytest.mark.parametrize(("leak", "expected"), LEAKS.items())
def test_no_value_of_a_line_holds_anything_secret(lines: Lines, leak: str, expected: str) -> None:
    with telling(Telemetry(), Subject("def-1")):
        tell("run.failed", {"error": leak, "api_key": leak})
    try:
        raise ValueError(leak)
    except ValueError:
        LOG.exception("it said: %s", leak)
    event, failed = lines()
    assert event["error"] == expected
    assert event["api_key"] == "[REDACTED]"
    assert failed["message"] == f"it said: {expected}"
    assert expected in failed["error"]
    assert leak not in json.dumps([event, failed])


def test_a_message_of_megabytes_is_cut_and_no_half_of_a_secret_stands_at_its_end(lines: Lines) -> None:
    LOG.warning("%s", ("x" * (LONGEST - 10) + SECRET) * 40)
    [line] = lines()
    assert len(line["message"]) == LONGEST
    assert SECRET[:5] not in line["message"]


def test_a_line_that_holds_line_breaks_is_one_line(lines: Lines) -> None:
    LOG.warning("a\nb")
    assert [line["message"] for line in lines()] == ["a\nb"]


def test_an_unknown_level_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR, got 'TRACE'"):
        start_logging({"LOG_LEVEL": "TRACE"})


PROGRAM = """
import logging
from adapters.telemetry.logs import start_logging
start_logging({environment})
for name in ("activities.x", "openai._base_client", "httpx", "temporalio.worker._activity"):
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
        logging.getLogger(name).log(level, "request body")
"""


@pytest.mark.parametrize(
    ("environment", "own", "others"),
    [
        ({}, ["INFO", "WARNING", "ERROR"], ["WARNING", "ERROR"]),
        ({"LOG_LEVEL": "DEBUG"}, ["DEBUG", "INFO", "WARNING", "ERROR"], ["WARNING", "ERROR"]),
        ({"LOG_LEVEL": "WARNING"}, ["WARNING", "ERROR"], ["WARNING", "ERROR"]),
        ({"LOG_LEVEL": "ERROR"}, ["ERROR"], ["ERROR"]),
    ],
)
def test_the_level_is_ours_and_no_library_writes_a_body_at_debug(
    environment: dict[str, str], own: list[str], others: list[str]
) -> None:
    program = PROGRAM.format(environment=environment)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    said = [json.loads(line) for line in done.stderr.splitlines()]
    levels = {
        name: [line["level"] for line in said if line["logger"] == name] for name in ("activities.x", "httpx")
    }
    assert levels == {"activities.x": own, "httpx": others}
    assert [line["level"] for line in said if line["logger"].startswith("openai")] == others
    # Temporal's worker writes what an activity returns, such as a model's answer.
    temporals = [line["level"] for line in said if line["logger"].startswith("temporalio")]
    assert temporals == [level for level in own if level != "DEBUG"]
