"""DefinitionRun: a step definition from its start step to its end, with people at its forms and approvals."""

from __future__ import annotations

import asyncio

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.definitions import Definitions
    from faber.contract.definition_runs import (
        Context,
        DefinitionInput,
        DefinitionResult,
        DefinitionStatus,
        FormAnswer,
    )
    from faber.contract.delivery import GateView
    from faber.contract.names import IO_QUEUE
    from faber.contract.steps import LoadRequest
    from workflows.answered import Answered
    from workflows.asking import asked
    from workflows.commands import refuse_after_commands
    from workflows.course import Course, CourseState, resumed
    from workflows.course_published import result, status
    from workflows.ending import whole
    from workflows.failures import Ended, told
    from workflows.form_answers import FormAnswers
    from workflows.presets import QUICK
    from workflows.walking import walk
    from workflows.words import required


@workflow.defn(name="DefinitionRun")
class DefinitionRun(Answered):
    @workflow.init
    def __init__(self, input: DefinitionInput | None = None) -> None:
        if input is None:
            raise required(', {"definition": {...}} or {"definition_id": "..."}')
        state = resumed(input.resume) if input.resume else CourseState(started_at=workflow.now().isoformat())
        self._course = Course(input, state)
        self.answers: FormAnswers = FormAnswers(self._course)

    @workflow.run
    async def run(self, input: DefinitionInput | None = None) -> DefinitionResult:
        course = self._course
        try:
            await self._begin()
            await walk(course)
            course.end("completed")
        except Ended as ended:
            course.end("failed", ended.code, ended.message, ended.where)
        except ActivityError as error:
            if is_cancelled_exception(error):
                await self._cancelled()
            code, message, _ = told(error)
            course.end("failed", code, message)
        except asyncio.CancelledError:
            await self._cancelled()
        await whole(course.report())
        await workflow.wait_condition(workflow.all_handlers_finished)
        document = result(course)
        if course.outcome == "completed":
            return document
        raise ApplicationError(
            document.error or "failed",
            document.model_dump(mode="json"),
            course.carried("retry"),
            type=document.error_code or "FAILED",
            non_retryable=True,
        )

    async def _begin(self) -> None:
        course = self._course
        if course.state.setup is not None:
            await course.report()
            return
        request = LoadRequest(key=course.key, input=course.input)
        course.take_up(await asked(Definitions.load_definition, request, QUICK, IO_QUEUE))
        await course.report()

    async def _cancelled(self) -> None:
        """Keep what was done, and let Temporal show the run as Canceled."""
        course = self._course
        who = workflow.cancellation_reason() or "a request"
        course.end("cancelled", "CANCELLED", who if who.startswith("cancelled by") else f"cancelled by {who}")
        await whole(course.report())
        raise asyncio.CancelledError(course.error)

    @workflow.query(description="Where the run stands, and what exactly it waits on")
    def status(self) -> DefinitionStatus:
        return status(self._course)

    @workflow.query(description="What the steps see")
    def context(self) -> Context:
        return self._course.state.context

    @workflow.query(description="The result document as it stands now")
    def result(self) -> DefinitionResult:
        return result(self._course)

    @workflow.update(description="Fill in a form, or give the output that a model did not")
    async def submit_form(self, answer: FormAnswer) -> GateView:
        return self.answers.submit_form(answer)

    @submit_form.validator
    def _check_form(self, answer: FormAnswer) -> None:
        refuse_after_commands(self.commanded_at)
        self.answers.check_form(answer)
