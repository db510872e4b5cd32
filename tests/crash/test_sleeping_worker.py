"""A worker that was only asleep, and wakes when another one has taken its work over."""

from __future__ import annotations

import json

from adapters.journal.folder import FolderJournal
from tests.crash.conftest import Begin
from tests.crash.outcome import ends_as_if_nothing_happened
from tests.crash.stage import Stage
from tests.waiting import eventually


async def test_a_worker_whose_work_was_taken_over_in_its_sleep_writes_nothing(begin: Begin) -> None:
    async with begin(hold="second") as stage, stage.worker.beside() as other:
        await eventually(lambda: stage.turnstile.waiting("second"), "the tool was under way")
        async with stage.worker.stopped():
            # Its open polls would be handed the next attempts too.
            await stage.kill("server")
            await stage.restore("server")
            await other.start()
            await eventually(lambda: stage.turnstile.came["second"] == 2, "the other worker began it again")
            assert stage.turnstile.died["second"] == 1
        await eventually(lambda: not stage.worker.children, "the woken one saw its tool dead")
        stage.turnstile.let_through("second")
        await ends_as_if_nothing_happened(stage)
        assert stage.turnstile.came["first"] == 1
        assert len(noted_tools(stage)) == len(set(noted_tools(stage))) == 4


def noted_tools(stage: Stage) -> list[str]:
    """The id of each tool call whose result was kept, as often as it was."""
    journal = FolderJournal(stage.data)
    notes = [journal.load(key) or "" for key in journal.keys("") if key.endswith("/tools/done")]
    return [json.loads(line)["result"]["call_id"] for note in notes for line in note.splitlines()]
