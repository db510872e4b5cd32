"""FaberRun with one more activity at its beginning: planted, to see that the replay refuses it."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from faber.contract.delivery import RunInput, RunResult
    from workflows.faber_run import FaberRun

SOON = timedelta(minutes=1)


@workflow.defn(name="FaberRun")
class Changed(FaberRun):
    @workflow.init
    def __init__(self, input: RunInput | None = None) -> None:
        super().__init__(input)

    @workflow.run
    async def run(self, input: RunInput | None = None) -> RunResult:
        await workflow.execute_activity("warm_up", start_to_close_timeout=SOON)
        return await super().run(input)


@workflow.defn(name="FaberRun")
class Patched(FaberRun):
    @workflow.init
    def __init__(self, input: RunInput | None = None) -> None:
        super().__init__(input)

    @workflow.run
    async def run(self, input: RunInput | None = None) -> RunResult:
        if workflow.patched("warm-up"):
            await workflow.execute_activity("warm_up", start_to_close_timeout=SOON)
        return await super().run(input)
