"""The way through a definition: one step after another, branches side by side, and what an error leads to."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

from faber.contract.definition_runs import StepRun
from faber.contract.definitions import Step
from workflows.course import Course
from workflows.failures import Ended, told
from workflows.steps import done, fitted

STEPS_KEPT = 500


async def walk(course: Course) -> None:
    """Every step from the one to do next, until there is none. Errors: Ended."""
    while (step_id := course.state.next) is not None:
        await course.checkpoint()
        course.state.next = await _pass(course, course.definition.step(step_id))


async def _pass(course: Course, step: Step) -> str | None:
    """Do one step; the id of the one that follows."""
    try:
        with _recorded(course, step):
            # A condition is over before anybody could read in a list that the run is at it.
            if step.type != "conditional":
                course.show_step()
            if step.type == "parallel":
                await _branch_out(course, step)
                return step.next
            outcome = await done(course, step)
            course.keep(step, outcome.output, outcome.values)
            course.state.context = await fitted(course, step)
            return outcome.next
    except Ended as ended:
        if step.on_error == "fail":
            raise
        _leave_behind(course)
        course.keep_error(step, ended.code, ended.message)
        return step.next if step.on_error == "continue" else step.on_error


@contextlib.contextmanager
def _recorded(course: Course, step: Step) -> Iterator[None]:
    """The record of one doing of the step. A failed one stays the visit that it was, so that trying it again is
    known as the same."""
    visit = course.round_of(step.id)
    id = f"{step.id}-{visit}"
    # The execution before may have left off amid this step.
    begun = next((one for one in course.running if one.id == id), None)
    record = begun or StepRun(
        id=id,
        run_id=course.key.run_id,
        step_id=step.id,
        type=step.type,
        status="running",
        started_at=workflow.now().isoformat(),
        visit=visit,
    )
    # A long loop must not grow what is carried; Temporal's history has every step.
    if begun is None:
        course.state.steps = [*course.state.steps, record][-STEPS_KEPT:]
    # No `finally`: a run that is open when its worker ends is only put away, where there is no clock any more.
    try:
        yield
    except Ended as ended:
        _failed(record, ended.message)
        raise
    except asyncio.CancelledError:
        _failed(record, "cancelled")
        raise
    except ActivityError as error:
        if is_cancelled_exception(error):
            _failed(record, "cancelled")
            raise
        code, message, _ = told(error)
        _failed(record, message)
        raise Ended(code, message, step.id) from None
    record.status, record.ended_at = "completed", workflow.now().isoformat()
    course.state.visits[step.id] = visit


def _failed(record: StepRun, error: str) -> None:
    record.status, record.error, record.ended_at = "failed", error, workflow.now().isoformat()


def _leave_behind(course: Course) -> None:
    """What failed is gone on from: it, and all that ended with it, will be begun anew and not be taken up again."""
    state = course.state
    for record in state.steps:
        id = record.step_id
        if record.status == "failed" and record.visit > state.visits.get(id, 0):
            state.visits[id] = record.visit
            state.items.pop(id, None)
            for place in [place for place in state.branches if place.startswith(f"{id}/")]:
                state.branches.pop(place)


async def _branch_out(course: Course, step: Step) -> None:
    """Walk every branch at once, up to the join. The first failure ends the others; what they had done is kept."""
    branches = course.state.branches
    places = {first: f"{step.id}/{first}" for first in step.parallel}
    for first, place in places.items():
        branches.setdefault(place, first)
    await course.split([_walk_branch(course, place, step.next) for place in places.values()])
    for place in places.values():
        branches.pop(place)


async def _walk_branch(course: Course, place: str, join: str | None) -> None:
    branches = course.state.branches
    while (step_id := branches[place]) is not None and step_id != join:
        # What the execution before had begun is under way.
        if step_id not in [record.step_id for record in course.running]:
            await course.rest()
            await course.unpaused()
        branches[place] = await _pass(course, course.definition.step(step_id))
    branches[place] = None
