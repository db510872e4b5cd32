"""A call that is cut may have been billed, and is booked so: made again, it must fit into the budget again."""

from __future__ import annotations

import pytest

from faber.contract.turns import TurnRequest
from tests.delivery.asking import autonomous, ended, requests
from tests.delivery.conftest import NewSite, failure
from tests.delivery.places import happy_script


@pytest.mark.parametrize("kind", ["NETWORK_ERROR", "TIMEOUT"])
async def test_however_often_a_call_is_cut_the_budget_holds(new_site: NewSite, kind: str) -> None:
    script = happy_script()
    script["phases"]["frame"][0][-1]["error"] = {"kind": kind, "message": "cut", "times": 99}
    site = new_site(script, workflow=autonomous(cost={"budget_limit_usd": 0.5}))
    error, result = await failure(await site.start(on_budget="fail"))
    assert error.type == "BUDGET_EXCEEDED"
    assert 0 < result.cost_usd <= 0.5
    assert result.cost.calls == result.cost.by_phase[0].wasted_calls >= 1


async def test_a_call_that_was_cut_twice_is_made_a_third_time_and_each_is_booked(new_site: NewSite) -> None:
    script = happy_script()
    script["phases"]["frame"][0][-1]["error"] = {"kind": "NETWORK_ERROR", "message": "cut", "times": 2}
    site = new_site(script, workflow=autonomous())
    handle = await site.start()
    result = await ended(handle)
    frame = next(line for line in result.cost.by_phase if line.name == "frame")
    assert (frame.calls, frame.wasted_calls, frame.estimated) == (3, 2, True)
    reserved = [request.reserved_microusd for request in await requests(handle, "frame", TurnRequest)]
    assert len(reserved) == 3
    assert round(frame.wasted_usd * 1_000_000) == sum(reserved[:2])
    assert any("frame: NETWORK_ERROR, so the call was booked" in note for note in result.notes)
