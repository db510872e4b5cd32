"""What each type of step does, from asking its activity to taking up a person's answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities.steps import Steps
from domain.definitions.forms import check
from domain.definitions.paths import narrowed
from domain.definitions.sizes import MOST_KEPT, MOST_OF_A_LIST, large
from faber.contract import config
from faber.contract.definition_runs import Context
from faber.contract.definitions import ApiCallConfig, ApprovalConfig, FormConfig, Step
from faber.contract.delivery import GateView
from faber.contract.names import IO_QUEUE
from faber.contract.steps import Items, Prepared, StepDone, StepRequest, Values, ValuesRequest
from workflows.asking import asked
from workflows.commands import command
from workflows.course import Course
from workflows.desk import heed_cancel
from workflows.failures import Ended
from workflows.generating import generate
from workflows.presets import HTTP, PURE, QUICK

HOUR = 3600
MOST_REHEARSED = 20


@dataclass(frozen=True)
class Outcome:
    """`output` becomes `<step>_output`; `values` enter the context by their own names."""

    output: Any
    next: str | None
    values: dict[str, Any] = field(default_factory=dict)


async def done(course: Course, step: Step) -> Outcome:
    """Errors: Ended; temporalio.exceptions.ActivityError."""
    match step.type:
        case "form":
            return await _form(course, step)
        case "approval":
            return await _approval(course, step)
        case "conditional":
            routed = await pure(step, Steps.conditional, request(course, step))
            return Outcome({"result": routed.result}, step.next if routed.result else step.otherwise)
        case "api_call":
            return Outcome(await _each(course, step, _call), step.next)
        case _:
            return Outcome(await _each(course, step, generate), step.next)


def request(course: Course, step: Step) -> StepRequest:
    return StepRequest(
        key=course.key,
        step=step,
        visit=course.round_of(step.id),
        context=narrowed(course.state.context, course.reads(step)),
        tenant=course.input.tenant,
    )


async def fitted(course: Course, step: Step, most: int = MOST_KEPT) -> Context:
    """The context with at most so many bytes of values in it; the others are kept outside."""
    before = course.state.context.runtime
    if not large(before, most):
        return course.state.context
    away: Values = await pure(step, Steps.put_away, ValuesRequest(values=before, most=most))
    # Another branch may have written meanwhile.
    runtime = {
        name: away.values.get(name, value) if before.get(name) is value else value
        for name, value in course.state.context.runtime.items()
    }
    return course.state.context.model_copy(update={"runtime": runtime})


async def pure(step: Step, method: Callable[[Any, Any], Awaitable[Any]], request: Any) -> Any:
    """What has no effects, on this worker and without a task of its own. Errors: Ended."""
    command()
    try:
        return await workflow.execute_local_activity_method(
            method,
            request,
            start_to_close_timeout=PURE.start_to_close,
            schedule_to_close_timeout=PURE.schedule_to_close,
            retry_policy=PURE.retry,
            cancellation_type=PURE.cancellation,
        )
    except ApplicationError as error:
        # What a local activity failed with comes as it is, where another's comes in an ActivityError.
        raise Ended(error.type or "UNKNOWN", error.message, step.id) from None


async def _call(course: Course, request: StepRequest) -> Any:
    timeout_s = ApiCallConfig.model_validate(request.step.config, extra="ignore").timeout_s
    called: StepDone = await course.tried(
        request.step, lambda: asked(Steps.api_call, request, HTTP.lasting(timeout_s), IO_QUEUE)
    )
    return called.output


async def _each(course: Course, step: Step, one: Callable[[Course, StepRequest], Awaitable[Any]]) -> Any:
    """The step's output; with `for_each`, a list of them in the order of the items, `width` at a time."""
    over = step.for_each
    if over is None:
        return await one(course, request(course, step))
    whole = request(course, step)
    listed: Items = await pure(step, Steps.list_items, whole)
    many = len(listed.items)
    context = await fitted(course, step, MOST_OF_A_LIST // max(1, many))
    finished = course.state.items.setdefault(step.id, {})
    left = [number for number in range(many) if number not in finished]

    async def work() -> None:
        while left:
            heed_cancel()
            await course.rest()
            if not left:
                return
            number = left.pop(0)
            runtime = {**context.runtime, over.item: listed.items[number], "index": number}
            seen = context.model_copy(update={"runtime": runtime})
            asking = whole.model_copy(update={"item": number, "items": many, "context": seen})
            finished[number] = await one(course, asking)

    await course.split([work() for _ in range(min(over.width, len(left)))])
    course.state.items.pop(step.id)
    return [finished[number] for number in range(many)]


async def _form(course: Course, step: Step) -> Outcome:
    form = FormConfig.model_validate(step.config, extra="ignore")
    if course.input.rehearse:
        _refuse_a_round_without_end(course, step)
        values = rehearsed(step, form, course.state.context.runtime)
        return Outcome(values, step.next, values)
    prepared: Prepared = await pure(step, Steps.form, request(course, step))
    fields = [item.model_dump(mode="json") for item in form.fields]
    view = await _ask(course, step, "form", prepared, {"fields": fields}, form.timeout)
    values = course.state.forms.pop(view.request_id, None)
    if view.decision != "approve" or values is None:
        raise Ended("TIMEOUT", f"{step.id}: nobody filled the form until {view.deadline_at}", step.id)
    return Outcome(values, step.next, values)


async def _approval(course: Course, step: Step) -> Outcome:
    terms = ApprovalConfig.model_validate(step.config, extra="ignore")
    if course.input.rehearse:
        _refuse_a_round_without_end(course, step)
        return Outcome({"approved": True, "comment": "rehearsed", "approvals": []}, step.next)
    approvers = [who for who in terms.approvers if not _excluded(course, terms, who)]
    if len(approvers) < terms.min_approvals:
        raise Ended(
            "CONFIGURATION",
            f"{step.id}: {terms.min_approvals} must approve, and without {course.input.initiator}, who started the "
            f"run, there are {len(approvers)} approvers",
            step.id,
        )
    # Who may not answer is not told of the question.
    told = step.model_copy(update={"config": {**step.config, "approvers": approvers}})
    prepared: Prepared = await course.tried(
        step, lambda: asked(Steps.approval, request(course, told), QUICK, IO_QUEUE)
    )
    subject = {"context": _digest(course), "approvers": approvers, "needed": terms.min_approvals}
    view = await _ask(
        course, step, "approval", prepared, subject, terms.timeout, approvers, terms.min_approvals
    )
    votes = [vote.model_dump(mode="json") for vote in view.votes] or [
        {name: getattr(view, name) for name in ("decision", "actor", "via", "comment")}
        | {"at": view.decided_at}
    ]
    output = {"approved": view.decision == "approve", "comment": view.comment, "approvals": votes}
    if view.decision == "approve":
        return Outcome(output, step.next)
    timed_out = view.via == "deadline"
    after = terms.on_reject if not timed_out or terms.on_timeout == "reject" else terms.on_timeout
    if after != "fail":
        return Outcome(output, after)
    if timed_out:
        raise Ended("TIMEOUT", f"{step.id} was not approved until {view.deadline_at}", step.id)
    why = f": {view.comment}" if view.comment else ""
    raise Ended("REJECTED", f"{step.id} rejected by {view.actor}{why}", step.id)


def rehearsed(step: Step, form: FormConfig, runtime: dict[str, Any]) -> dict[str, Any]:
    """The form as the inputs fill it in. Errors: Ended naming each field."""
    given = {field.key: runtime[field.key] for field in form.fields if field.key in runtime}
    values, wrong = check(form, given)
    if wrong:
        told = "; ".join(f"{name}: {why}" for name, why in wrong.items())
        raise Ended("INVALID_FORM", f"{step.id}: the inputs do not fill in the form: {told}", step.id)
    return values


def _refuse_a_round_without_end(course: Course, step: Step) -> None:
    """Where nobody is asked every answer is the same, and may lead back to its question for ever. Errors: Ended."""
    if course.round_of(step.id) > MOST_REHEARSED:
        raise Ended(
            "REHEARSAL",
            f"{step.id} is asked more than {MOST_REHEARSED} times, and nobody is there to answer otherwise: give "
            "inputs that end this round",
            step.id,
        )


def _digest(course: Course) -> str:
    """What the approvers could look at."""
    text = json.dumps(course.state.context.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _excluded(course: Course, terms: ApprovalConfig, approver: str) -> bool:
    return terms.exclude_initiator and approver.casefold() == course.input.initiator.casefold()


async def _ask(
    course: Course,
    step: Step,
    kind: Any,
    prepared: Prepared,
    subject: dict[str, Any],
    timeout_s: float | None,
    approvers: list[str] | None = None,
    needed: int = 1,
) -> GateView:
    heed_cancel()
    gate = course.open_gate(
        step.id,
        kind=kind,
        what=prepared.what,
        subject=json.loads(json.dumps({"what": prepared.what, **subject})),
        round=course.round_of(step.id),
        allowed=[] if kind == "form" else ["approve", "reject"],
        policy=config.Gates(deadline_h=(timeout_s or 0) / HOUR, remind_after_h=0, approvers=approvers or []),
        needed=needed,
    )
    return await course.ask(gate)
