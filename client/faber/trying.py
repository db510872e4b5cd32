"""What of a run failed and is tried again by itself, which the run cannot see and Temporal can."""

from __future__ import annotations

from temporalio.client import WorkflowExecutionDescription

from faber.contract.listed import Trying

SHOWN = 500


def tried_again(run: WorkflowExecutionDescription) -> list[Trying]:
    """Each step under way that failed before, with the last error."""
    return [
        Trying(
            step=pending.activity_type.name,
            attempt=pending.attempt,
            error=" ".join(pending.last_failure.message[:SHOWN].split()),
            next_at=(
                pending.next_attempt_schedule_time.ToJsonString()
                if pending.HasField("next_attempt_schedule_time")
                else None
            ),
        )
        for pending in run.raw_description.pending_activities
        if pending.HasField("last_failure")
    ]


def in_words(trying: Trying) -> str:
    after = f"tried again at {trying.next_at}" if trying.next_at else "it is being tried again"
    return f"{trying.step}: attempt {trying.attempt - 1} failed: {trying.error}; {after}"
