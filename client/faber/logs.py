"""What happened in a run, line by line, as Temporal's history has it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistoryEventFilterType

from faber.client import Faber
from faber.connection import temporal_errors
from faber.contract.workflows import FaberRun

MESSAGE_LIMIT = 500


async def log_lines(
    faber: Faber, run_id: str, *, follow: bool = False
) -> AsyncGenerator[dict[str, str], None]:
    """{at, event, what} for each event a person would want; with `follow` until the run ends."""
    async with temporal_errors(f"read the log of {run_id}"):
        description = await faber.handle(run_id).describe()
        execution = description.raw_info.first_run_id or description.run_id
        while execution:
            handle = faber.client.get_workflow_handle_for(FaberRun.run, run_id, run_id=execution)
            execution = ""
            names: dict[int, str] = {}
            async for event in handle.fetch_history_events(
                wait_new_event=follow, event_filter_type=WorkflowHistoryEventFilterType.ALL_EVENT
            ):
                if what := await _what(faber, event, names):
                    yield {"at": _at(event), "event": _kind(event), "what": what[:MESSAGE_LIMIT]}
                execution = event.workflow_execution_continued_as_new_event_attributes.new_execution_run_id


def _at(event: HistoryEvent) -> str:
    return event.event_time.ToJsonString()


def _kind(event: HistoryEvent) -> str:
    name = EventType.Name(event.event_type).removeprefix("EVENT_TYPE_").lower()
    return name.removeprefix("workflow_execution_").removesuffix("_event")


async def _what(faber: Faber, event: HistoryEvent, names: dict[int, str]) -> str | None:
    """The event in words; None for Temporal's own bookkeeping. `names` remembers activities by event id."""
    attributes: Any = getattr(event, event.WhichOneof("attributes") or "", None)
    match _kind(event):
        case "activity_task_scheduled":
            summary = await _summary(faber, event)
            names[event.event_id] = attributes.activity_type.name
            return f"{names[event.event_id]}: {summary}" if summary else names[event.event_id]
        case "activity_task_completed" | "activity_task_canceled":
            return names.get(attributes.scheduled_event_id)
        case "activity_task_failed" | "activity_task_timed_out":
            return f"{names.get(attributes.scheduled_event_id)}: {_message(attributes.failure)}"
        case "workflow_task_failed" | "failed":
            return _message(attributes.failure)
        case "update_accepted":
            request = attributes.accepted_request.input
            return f"{request.name} {await _decoded(faber, request.args.payloads)}"
        case "signaled":
            return f"{attributes.signal_name} {await _decoded(faber, attributes.input.payloads)}"
        case "cancel_requested":
            return str(attributes.cause or attributes.identity)
        case "started" | "completed" | "canceled" | "terminated" | "timed_out" | "continued_as_new":
            return str(getattr(attributes, "reason", "") or _kind(event).replace("_", " "))
    return None


def _message(failure: Failure) -> str:
    causes = [failure.message]
    while failure.HasField("cause"):
        failure = failure.cause
        causes.append(failure.message)
    return ": ".join(cause for cause in causes if cause)


async def _summary(faber: Faber, event: HistoryEvent) -> str:
    if not event.user_metadata.HasField("summary"):
        return ""
    return str((await faber.client.data_converter.decode([event.user_metadata.summary]))[0])


async def _decoded(faber: Faber, payloads: Any) -> str:
    return " ".join(str(value) for value in await faber.client.data_converter.decode(payloads))
