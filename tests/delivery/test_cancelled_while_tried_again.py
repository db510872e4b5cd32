"""A run that is cancelled while a model call waits to be tried again: what its tries may have cost is booked."""

from __future__ import annotations

import pytest

from faber.client import Faber
from faber.contract.delivery import CostLine
from faber.contract.turns import TurnRequest
from faber.settings import Settings
from tests.delivery.asking import autonomous, cancelled, requests
from tests.delivery.conftest import NewSite
from tests.delivery.places import happy_script
from tests.waiting import eventually


@pytest.mark.parametrize(("kind", "billed"), [("NETWORK_ERROR", True), ("RATE_LIMIT", False)])
async def test_every_try_that_may_have_been_billed_is_booked_and_no_other(
    new_site: NewSite, kind: str, billed: bool
) -> None:
    script = happy_script()
    script["phases"]["frame"][0][-1]["error"] = {"kind": kind, "message": "cut", "times": 9}
    site = new_site(script, workflow=autonomous())
    handle = await site.start()
    faber = Faber(site.client, Settings.read({}), site.checkout)
    tries: list[int] = []

    async def waits_for_its_third_try() -> bool:
        if billed:
            # Each of them was booked when it failed, and has a reservation of its own.
            return sum(line.calls for line in (await site.status(handle)).cost.by_phase) >= 2
        tries[:] = [again.attempt - 1 for again in await faber.trying(handle.id) if again.next_at]
        return bool(tries) and tries[0] >= 2

    await eventually(waits_for_its_third_try, "two tries have failed")
    await handle.cancel(reason="cancelled by ann")
    await cancelled(handle)
    framed, *_ = await requests(handle, "frame", TurnRequest)
    cost = (await site.status(handle)).cost
    made = sum(line.calls for line in cost.by_phase)
    assert made >= 2
    assert cost.reserved_usd == 0
    assert cost.by_phase == [
        CostLine(
            name="frame",
            calls=made,
            wasted_calls=made,
            cost_usd=(spent := made * billed * framed.reserved_microusd / 1_000_000),
            wasted_usd=spent,
            estimated=billed,
        )
    ]
