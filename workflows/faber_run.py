"""FaberRun: a work item through frame, architect, build, evaluate and release, with people at the gates."""

from __future__ import annotations

import asyncio

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from faber.contract.delivery import RunInput, RunResult, Status
    from workflows.answered import Answered
    from workflows.answers import Answers
    from workflows.architect import approve_specification, architect
    from workflows.build import build
    from workflows.ending import finish, require_evidence, result
    from workflows.evaluate import evaluate
    from workflows.failures import Ended, told
    from workflows.frame import claim, frame, prepare
    from workflows.plan import plan
    from workflows.published import status
    from workflows.release import approve_release, release
    from workflows.run import Run
    from workflows.state import RunState, resumed
    from workflows.words import required


@workflow.defn(name="FaberRun")
class FaberRun(Answered):
    @workflow.init
    def __init__(self, input: RunInput | None = None) -> None:
        if input is None:
            raise required(', at least {"work_id": "..."}')
        state = resumed(input.resume) if input.resume else RunState(started_at=workflow.now().isoformat())
        self._run = Run(input, state)
        self.answers = Answers(self._run)

    @workflow.run
    async def run(self, input: RunInput | None = None) -> RunResult:
        run = self._run
        try:
            await prepare(run)
            if run.input.dry_run:
                return plan(run)
            await claim(run)
            await self._deliver()
            require_evidence(run)
            run.end("completed")
        except Ended as ended:
            run.end("failed", ended.code, ended.message, ended.where)
        except ActivityError as error:
            if is_cancelled_exception(error):
                await self._cancelled()
            code, message, _ = told(error)
            run.end("failed", code, message)
        except asyncio.CancelledError:
            await self._cancelled()
        await finish(run)
        await workflow.wait_condition(workflow.all_handlers_finished)
        document = result(run)
        if run.outcome == "completed":
            return document
        raise ApplicationError(
            document.error or "failed",
            document.model_dump(mode="json"),
            run.carried("retry"),
            type=document.error_code or "FAILED",
            non_retryable=True,
        )

    async def _deliver(self) -> None:
        """The five phases, each entered only past its gate, until there is nothing left to do."""
        run = self._run
        while "release" not in run.state.completed:
            await run.checkpoint()
            run.begin_phase()
            match run.state.phase:
                case "frame":
                    await frame(run)
                case "architect":
                    await architect(run)
                case "build":
                    if await approve_specification(run):
                        run.begin_phase()
                        await build(run)
                case "evaluate":
                    await evaluate(run)
                case "release":
                    if await approve_release(run):
                        run.begin_phase()
                        await release(run)
            await run.report()

    async def _cancelled(self) -> None:
        """Clean up, leave a receipt, and let Temporal show the run as Canceled."""
        run = self._run
        who = workflow.cancellation_reason() or "a request"
        run.end("cancelled", "CANCELLED", who if who.startswith("cancelled by") else f"cancelled by {who}")
        await finish(run)
        raise asyncio.CancelledError(run.error)

    @workflow.query(description="Where the run stands, and what exactly it waits on")
    def status(self) -> Status:
        return status(self._run)

    @workflow.query(description="The result document as it stands now")
    def result(self) -> RunResult:
        return result(self._run)
