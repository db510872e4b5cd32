"""The host that has a run's files is gone, and another one is there."""

from __future__ import annotations

from typing import Any

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import CancelledError

from faber.client import Faber
from faber.connection import connect
from faber.contract.names import PHASES
from faber.contract.workflows import FaberRun
from faber.settings import Settings
from tests.crash.conftest import Begin
from tests.crash.outcome import has_one_of_everything
from tests.crash.places import CALL_MICROUSD, CALLS
from tests.crash.stage import Stage
from tests.waiting import eventually

AT_ONCE = 0.02 / 60
"""An hour's fraction: the twentieth of a second."""


def away(again_elsewhere_after_h: float = 0) -> dict[str, Any]:
    return {
        "autonomy": "assisted",
        "host_away": {"told_after_min": 0.05, "again_elsewhere_after_h": again_elsewhere_after_h},
    }


async def completed(stage: Stage) -> None:
    """The frame and the architect were paid twice: once on each host."""
    result = await stage.result()
    assert result.status == "completed", result.error
    assert tuple(result.completed_phases) == PHASES
    assert all(item.ok for item in result.evidence)
    assert len(stage.provider.calls) == result.cost.calls == CALLS + 3
    assert round(result.cost_usd * 1e6) == (CALLS + 3) * CALL_MICROUSD
    has_one_of_everything(stage, result)


async def test_people_are_told_and_their_approval_begins_the_run_again_on_the_other_host(
    begin: Begin,
) -> None:
    async with begin(**away()) as stage, stage.worker.of_another_host() as other:
        first = await stage.gate("architect")
        await stage.kill("worker")
        await other.start()
        await stage.approve("architect")
        gate = await stage.gate("host")
        assert "no worker serves faber-exec@" in gate.what
        assert (gate.kind, gate.at) == ("manual_fix", None)
        await stage.approve("host")
        again = await stage.gate("architect")
        assert again.request_id != first.request_id
        for name in ("architect", "release"):
            await stage.approve(name)
        await completed(stage)


async def test_a_run_moves_by_itself_when_its_host_stays_away(begin: Begin) -> None:
    async with begin(**away(AT_ONCE)) as stage, stage.worker.of_another_host() as other:
        first = await stage.gate("architect")
        await stage.kill("worker")
        await other.start()
        await stage.approve("architect")

        async def asked_again() -> bool:
            return (await stage.gate("architect")).request_id != first.request_id

        await eventually(asked_again, "the specification of the other host was asked about")
        for name in ("architect", "release"):
            await stage.approve(name)
        await completed(stage)


async def test_a_host_that_comes_back_goes_on_with_its_files_and_the_question_is_gone(begin: Begin) -> None:
    async with begin(**away()) as stage, stage.worker.of_another_host() as other:
        await stage.gate("architect")
        await stage.kill("worker")
        await other.start()
        await stage.approve("architect")
        await stage.gate("host")
        await other.kill()
        await stage.restore("worker")
        await stage.approve("release")
        result = await stage.result()
        assert result.status == "completed", result.error
        assert result.cost.calls == len(stage.provider.calls) == CALLS
        assert [view.name for view in result.decisions] == ["architect", "release"]
        has_one_of_everything(stage, result)


async def test_a_run_whose_host_is_gone_can_be_cancelled_and_its_item_is_free_again(begin: Begin) -> None:
    async with begin(**away()) as stage, stage.worker.of_another_host() as other:
        await stage.gate("architect")
        await stage.kill("worker")
        await other.start()
        await stage.handle.cancel()
        with pytest.raises(WorkflowFailureError) as raised:
            await stage.handle.result()
        assert isinstance(raised.value.cause, CancelledError)
        result = await stage.handle.query(FaberRun.result)
        assert result.receipt is not None and result.receipt["outcome"] == "cancelled"
        assert any("is away: what the run left there" in note for note in result.notes)


async def test_a_rejected_move_fails_the_run_by_name(begin: Begin) -> None:
    async with begin(**away()) as stage, stage.worker.of_another_host() as other:
        await stage.gate("architect")
        await stage.kill("worker")
        await other.start()
        await stage.approve("architect")
        await stage.answer(await stage.gate("host"), "reject")
        with pytest.raises(WorkflowFailureError):
            await stage.handle.result()
        result = await stage.handle.query(FaberRun.result)
        assert result.error_code == "HOST_AWAY"
        assert "no worker serves" in str(result.error)


async def test_a_failed_run_that_is_tried_again_without_its_host_begins_on_the_other_one(
    begin: Begin,
) -> None:
    async with begin(**away()) as stage, stage.worker.of_another_host() as other:
        gate = await stage.gate("architect")
        await stage.answer(gate, "reject")
        with pytest.raises(WorkflowFailureError):
            await stage.handle.result()
        await stage.kill("worker")
        await other.start()
        client = await connect(Settings.read(stage.worker.environment))
        faber = Faber(client, Settings.read({}), stage.checkout)
        await faber.retry(stage.handle.id)
        # The one that started it asks for its first execution only.
        stage.handle = faber.handle(stage.handle.id)
        for name in ("architect", "release"):
            await stage.approve(name)
        await completed(stage)
