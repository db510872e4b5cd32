"""Whose work an activity is, on its span and on everything that it tells, and how long it lay in its queue."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from opentelemetry import trace
from temporalio import activity

from adapters.telemetry import ORIGIN, TURN, VISIT, Attribute, Subject, Telemetry, telling
from faber.contract.activities import RunKey, WorldRequest
from faber.contract.names import Phase
from faber.contract.steps import GenerateRequest
from faber.contract.turns import ToolsRequest, TurnRequest

ProjectOf = Callable[[RunKey], str | None]
"""LangSmith's project of a run, None where it has none."""

# What is asked of these says nothing of its phase, because each is a part of one phase only.
PARTS: dict[str, Phase] = {
    "claim_work_item": "frame",
    "write_specification": "architect",
    "commit_change": "build",
    "run_checks": "evaluate",
    "merge_base_in": "release",
    "push_branch": "release",
    "open_pull_request": "release",
    "merge_pull_request": "release",
}


@contextlib.contextmanager
def observed(
    telemetry: Telemetry, project_of: ProjectOf, info: activity.Info, args: Sequence[Any]
) -> Iterator[None]:
    request = args[0] if args else None
    about = Subject(info.workflow_id or info.activity_id, step_of(info.activity_type, request))
    place: dict[str, Attribute] = {}
    if isinstance(request, (TurnRequest, ToolsRequest)):
        key, place = request.place.key, {VISIT: request.round, TURN: request.turn}
    elif isinstance(request, GenerateRequest):
        key, place = request.key, {VISIT: request.visit}
    if place:
        place[ORIGIN] = key.origin
        if telemetry.langsmith:
            about = replace(about, project=project_of(key))
    waited = (info.started_time - info.current_attempt_scheduled_time).total_seconds()
    # The queue of one host bears that host's name, and every host would be a series of its own.
    queue = {"queue": info.task_queue.partition("@")[0], "activity": info.activity_type}
    telemetry.meters.queue_latency.record(max(0.0, waited), queue)
    with telling(telemetry, about):
        trace.get_current_span().set_attributes(about.attributes() | place)
        yield


def step_of(activity_type: str, request: Any) -> str | None:
    """The step or phase that a request is of."""
    report = getattr(request, "report", request)
    for holder, name in (
        (request, "phase"),
        (getattr(request, "step", None), "id"),
        (getattr(report, "status", None), "current_phase"),
    ):
        found = getattr(holder, name, None)
        if isinstance(found, str):
            return found
    if isinstance(request, WorldRequest) and request.shown:
        # The question that it was laid out for is asked at the end of the phase that its id begins with.
        return request.shown.partition("-")[0]
    return PARTS.get(activity_type)
