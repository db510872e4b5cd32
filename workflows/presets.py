"""Every timeout, heartbeat and retry of an activity, under five names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType


@dataclass(frozen=True)
class Preset:
    """`heartbeat` is short where the work is long, so that a killed worker is noticed within seconds."""

    start_to_close: timedelta
    schedule_to_close: timedelta
    retry: RetryPolicy
    heartbeat: timedelta | None = None
    cancellation: ActivityCancellationType = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED
    schedule_to_start: timedelta | None = None

    def lasting(self, seconds: float) -> Preset:
        """For work that may itself take so long; the margin is what surrounds it."""
        return replace(self, start_to_close=timedelta(seconds=seconds) + MARGIN)

    def taken_within(self, patience: timedelta) -> Preset:
        """Given up when no worker has begun it by then."""
        return replace(self, schedule_to_start=patience)


def retries(attempts: int, longest: timedelta) -> RetryPolicy:
    return RetryPolicy(
        initial_interval=timedelta(seconds=1),
        backoff_coefficient=2.0,
        maximum_interval=longest,
        maximum_attempts=attempts,
    )


HEARTBEAT = timedelta(seconds=5)
MARGIN = timedelta(seconds=30)

# schedule_to_close of the paid and the long ones is days: a provider may ask for hours of patience, and a host
# may be away overnight, without the run being lost.
QUICK = Preset(timedelta(minutes=5), timedelta(days=7), retries(20, timedelta(seconds=30)), HEARTBEAT)
MODEL = Preset(timedelta(minutes=20), timedelta(days=7), retries(10, timedelta(seconds=60)), HEARTBEAT)
EXEC = Preset(timedelta(hours=6), timedelta(days=7), retries(20, timedelta(seconds=10)), HEARTBEAT)
# What is asked for on the way out: the run ends without the answer when nobody gives it soon.
LAST_WORD = Preset(
    timedelta(seconds=20), timedelta(seconds=30), retries(3, timedelta(seconds=5)), HEARTBEAT
).taken_within(timedelta(seconds=15))
HTTP = Preset(timedelta(minutes=2), timedelta(days=7), retries(5, timedelta(seconds=60)), HEARTBEAT)
# A local activity: what it does is done again with the workflow's task when the worker is killed.
PURE = Preset(timedelta(seconds=10), timedelta(minutes=1), retries(3, timedelta(seconds=5)))
