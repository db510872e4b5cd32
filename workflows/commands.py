"""Why an answer may have to be given once more: the place of a workflow's commands in its history.

A worker that takes a run over while somebody asks for its status can hear of what had happened first, and of an answer
only afterwards, in one workflow task. A worker that replays this hears of the answer first (temporalio/sdk-rust, issue
943): what was commanded in between stands on its wrong side, and no worker could go on with the run."""

from __future__ import annotations

from temporalio import workflow
from temporalio.exceptions import ApplicationError

# A task that gave commands is completed, has at least one event of them, and the next is scheduled and started.
EVENTS_BETWEEN = 4


def command() -> None:
    """To be called before whatever makes an event: an activity, a timer, an attribute."""
    workflow.instance().commanded_at = workflow.info().get_current_history_length()


def refuse_after_commands(commanded_at: int) -> None:
    """From an update's validator, so that what is refused leaves no trace. Errors: ApplicationError BUSY."""
    if workflow.info().get_current_history_length() - commanded_at < EVENTS_BETWEEN:
        raise ApplicationError(
            "this run is just being taken over by another worker: send the same answer again",
            {"code": "BUSY"},
            type="BUSY",
            non_retryable=True,
        )
