"""Asking the host that has a run's files: while nobody serves it people are told, and then the run begins again on
another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.configuring import Configuring
from domain.gates import Gate
from faber.contract import config
from faber.contract.activities import ConfigurationRequest, Setup
from faber.contract.names import EXEC_QUEUE
from workflows import published
from workflows.asking import asked
from workflows.failures import Ended, not_taken_up
from workflows.presets import QUICK, Preset

if TYPE_CHECKING:
    from workflows.run import Run

Q = TypeVar("Q")
A = TypeVar("A")
HOST_AWAY = "host"
TRIES = 2
"""What a worker that was away finds timed out, it takes up when it is asked again; only then is its host away."""


async def at_host(
    run: Run, method: Callable[[Any, Q], Awaitable[A]], request: Q, preset: Preset, summary: str
) -> A:
    """Errors: ActivityError; Ended when a person ends the run. When the host stays away this does not return: the
    run is continued as new."""
    for _ in range(TRIES):
        try:
            return await asked(method, request, preset.taken_within(patience(run.setup)), run.host, summary)
        except ActivityError as error:
            if not not_taken_up(error):
                raise
    waiting = asyncio.ensure_future(asked(method, request, preset, run.host, summary))
    gate = _ask_people(run, summary)
    answered = asyncio.ensure_future(run.closed(gate))
    try:
        published.publish(run)
        await workflow.wait([waiting, answered], return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            return waiting.result()
    finally:
        run.state.gates.withdraw(gate)
        for task in (waiting, answered):
            task.cancel()
        await asyncio.gather(waiting, answered, return_exceptions=True)
    await _elsewhere(run, gate)
    return await at_host(run, method, request, preset, summary)


def patience(setup: Setup) -> timedelta:
    """How long one of the tries waits for the host."""
    return timedelta(minutes=setup.read().workflow.host_away.told_after_min) / TRIES


def _ask_people(run: Run, summary: str) -> Gate:
    away = run.configuration.workflow.host_away
    return run.open_gate(
        HOST_AWAY,
        kind="manual_fix",
        what=f"{summary}: no worker serves {run.host}, the host that has this run's files. Start its worker (its "
        "FABER_DATA_DIR has that name in `host-id`) and the run goes on by itself; approve begins it again on another "
        "host, and what is spent stays spent; reject ends it",
        subject={"host": run.host},
        round=run.state.round(run.state.phase),
        policy=config.Gates(
            remind_after_h=0,
            deadline_h=away.again_elsewhere_after_h,
            on_deadline="approve",
            approvers=run.policy.approvers,
        ),
    )


async def _elsewhere(run: Run, gate: Gate) -> None:
    """Begin again on the host that answers first; returns when that is the same one. Errors: Ended; ActivityError."""
    view = run.state.gates.view(gate.request_id)
    if view is None or view.decision != "approve":
        raise Ended("HOST_AWAY", gate.what, run.state.phase)
    setup = await configuration_of(run)
    if setup.host_queue == run.host:
        return
    await workflow.wait_condition(workflow.all_handlers_finished)
    state = run.state.begun_again(setup, run.host)
    resume = {"why": "elsewhere", "state": state.model_dump(mode="json")}
    workflow.continue_as_new(run.input.going_on(resume))


async def configuration_of(run: Run) -> Setup:
    """What the run goes by, from whichever host takes this up: that one has the run's files from then on. The one
    that has them already is asked first."""
    request = ConfigurationRequest(key=run.key, input=run.input.model_copy(update={"resume": None}))
    load, summary = Configuring.load_configuration, "load the configuration"
    if before := run.state.before:
        try:
            return await asked(
                load, request, QUICK.taken_within(patience(before)), before.host_queue, summary
            )
        except ActivityError as error:
            if not not_taken_up(error):
                raise
    return await asked(load, request, QUICK, EXEC_QUEUE, summary)
