"""A definition's run: its state, and how it reports."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from pydantic import Field, ValidationError
from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from activities.recording import Recording
from domain.gates import Gate
from domain.ledger import limit_of
from faber.contract import config
from faber.contract.activities import RunKey
from faber.contract.definition_runs import Context, DefinitionInput, DefinitionSetup, StepRun
from faber.contract.definitions import Definition, Step
from faber.contract.delivery import GateView
from faber.contract.names import IO_QUEUE
from faber.contract.steps import RecordRequest
from faber.converter import PAYLOAD_ERROR, describe
from workflows import course_published as published
from workflows.asking import asked
from workflows.commands import command
from workflows.desk import Carried, Outcome
from workflows.failures import Ended, told
from workflows.presets import QUICK
from workflows.splitting import Splitting

A = TypeVar("A")

# A form or an approval has the deadline that its step says; a run's other gates wait until they are answered.
OPEN_END = config.Gates(deadline_h=0, remind_after_h=0)
ANSWERS_KEPT = 200
LISTED_AFTER_S = 1
PATCH = "steps-listed-when-they-last"


class CourseState(Carried):
    """`origin` names the run in every key, also after a retry. `next` is the top-level step to do next; `branches` is
    the same for each branch of a parallel step under way, None when it has arrived, and `items` what a `for_each`
    has done. `visits` counts how often a step was left, `forms` holds what was filled in and not yet taken up,
    `filled` the digest of each, and `standing` is what the records were last told."""

    origin: str = ""
    setup: DefinitionSetup | None = None
    context: Context = Context()
    next: str | None = None
    branches: dict[str, str | None] = Field(default_factory=dict)
    items: dict[str, dict[int, Any]] = Field(default_factory=dict)
    visits: dict[str, int] = Field(default_factory=dict)
    steps: list[StepRun] = Field(default_factory=list)
    forms: dict[str, Any] = Field(default_factory=dict)
    filled: dict[str, str] = Field(default_factory=dict)
    provider: str | None = None
    standing: str = ""


class Course(Splitting):
    input: DefinitionInput
    state: CourseState

    def __init__(self, input: DefinitionInput, state: CourseState) -> None:
        info = workflow.info()
        self.input, self.state = input, state
        state.origin = state.origin or info.first_execution_run_id
        self.key = RunKey(
            run_id=info.workflow_id,
            origin=state.origin,
            work_id=self.definition_id,
            project=input.project or "",
        )
        self.error: str | None = None
        self.error_code: str | None = None
        self.error_step: str | None = None
        self._asked: list[str] = []
        self._answers_kept = 0
        self._listed_at = ""
        self._to_be_listed: asyncio.Task[None] | None = None
        self.updated_at = workflow.now().isoformat()

    @property
    def definition(self) -> Definition:
        if self.state.setup is None:
            raise Ended("STATE", "the run has no definition yet")
        return self.state.setup.definition

    def reads(self, step: Step) -> list[str] | None:
        return self.state.setup.reads.get(step.id) if self.state.setup else None

    @property
    def definition_id(self) -> str:
        return self.state.setup.definition.id if self.state.setup else self.input.definition_id or ""

    @property
    def policy(self) -> config.Gates:
        return OPEN_END

    @property
    def budget_mode(self) -> str:
        return "fail" if self.input.rehearse else self.input.on_budget

    @property
    def where(self) -> str:
        return self.running[0].step_id if self.running else self.state.next or ""

    @property
    def running(self) -> list[StepRun]:
        return [step for step in self.state.steps if step.status == "running"]

    @property
    def can_ask(self) -> bool:
        return self.state.setup is not None and not self.input.rehearse

    @property
    def listed(self) -> bool:
        return self.state.setup is not None and self.state.setup.search_attributes

    def round_of(self, where: str) -> int:
        return self.state.visits.get(where, 0) + 1

    def take_up(self, setup: DefinitionSetup) -> None:
        """Begin with what was found out; a run that goes on keeps its own."""
        state = self.state
        state.setup, state.next = setup, setup.definition.start_step
        state.context = Context(
            static=setup.definition.static,
            profile=self.input.profile if setup.profile is None else setup.profile,
            runtime=dict(setup.runtime),
        )
        state.ledger.limit_microusd = limit_of(self.input.budget_usd, None)
        self.key.work_id = setup.definition.id
        for note in setup.notes:
            self.note(note)
        if self.input.rehearse:
            self.note("rehearsed: nobody was asked or told")

    def show(self) -> None:
        """In Temporal only: the records are kept when people must wait, or no longer."""
        self.updated_at = workflow.now().isoformat()
        self._listed_at = self.where
        published.publish(self)

    def show_step(self) -> None:
        """In lists when it lasts: each time that they are told is a write of the server's."""
        command()
        # What began before this was so tells of each step.
        if not workflow.patched(PATCH):
            self.show()
            return
        self.updated_at = workflow.now().isoformat()
        if self.listed and self._to_be_listed is None and self._listed_at != self.where:
            self._to_be_listed = asyncio.create_task(self._list_later())

    async def _list_later(self) -> None:
        """Never cancelled: a worker that replays a timer's end together with its beginning asks for neither, and where
        a local activity came between the two, that is another history."""
        await workflow.sleep(LISTED_AFTER_S, summary="the step, in lists")
        self._to_be_listed = None
        if self._listed_at != self.where:
            self.show()

    def keep(self, step: Step, output: Any, values: dict[str, Any]) -> None:
        self.state.context.runtime = {**self.state.context.runtime, **values, f"{step.id}_output": output}

    def keep_error(self, step: Step, code: str, message: str) -> None:
        error = {"code": code, "message": message}
        self.state.context.runtime = {**self.state.context.runtime, f"{step.id}_error": error}

    async def tried(self, step: Step, work: Callable[[], Awaitable[A]]) -> A:
        """A step that says itself what an error leads to is not mended by a person."""
        return await work() if step.on_error != "fail" else await self.mended(step.id, work)

    async def ask(self, gate: Gate) -> GateView:
        """The answer is not forgotten before it has been taken up."""
        self._asked.append(gate.request_id)
        try:
            return await super().ask(gate)
        finally:
            self._asked.remove(gate.request_id)

    def _forget(self) -> None:
        """A long loop must not grow what is carried, shown and recorded."""
        gates, before = self.state.gates, len(self.state.gates.closed)
        if before == self._answers_kept:
            return
        gates.forget(ANSWERS_KEPT, unread=self._asked)
        self._answers_kept = len(gates.closed)
        if self._answers_kept < before:
            self.note("only the latest answers are shown here: Temporal's history has every one")
            known = {*self.state.forms, *(view.request_id for view in gates.decided)}
            self.state.filled = {id: told for id, told in self.state.filled.items() if id in known}

    def end(
        self, outcome: Outcome, code: str | None = None, error: str | None = None, step: str | None = None
    ) -> None:
        self.outcome, self.error_code, self.error = outcome, code, error
        self.error_step = None if outcome == "completed" else step or self.where or None
        self.state.gates.open = []

    async def report(self) -> None:
        """Show where the run stands in Temporal, and when that is another standing than before, in the records."""
        self._forget()
        self.show()
        status = published.status(self)
        standing = " ".join([status.status, *(item.request_id for item in status.waiting_on)])
        if standing == self.state.standing:
            return
        self.state.standing = standing
        request = RecordRequest(key=self.key, status=status, context=self.state.context)
        try:
            await asked(Recording.record_run, request, QUICK, IO_QUEUE, status.status)
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            self.note(f"the record was not kept: {told(error)[1]}")


def resumed(carried: dict[str, Any]) -> CourseState:
    """The state that an earlier execution carried over, or the failed one that goes on at its failed step."""
    try:
        # Taken out: the input lives as long as its run, and would keep all of it a second time.
        state = CourseState.model_validate(carried.pop("state", None))
    except ValidationError as error:
        raise ApplicationError(f"resume: {describe(error)}", type=PAYLOAD_ERROR, non_retryable=True) from None
    if carried.get("why") == "retry":
        # A call that is made again is another booking, and another answer, than the one that failed.
        state.repairs += 1
        state.gates.open = []
        # Who ended the run while it was paused did not mean the one that goes on.
        for view in state.gates.decided:
            if view.decision == "reject":
                state.gates.stale[view.request_id] = "stale: the run was tried again since"
        state.steps = [step for step in state.steps if step.status == "completed"]
    return state
