"""Money in whole runs: exact spend, the thresholds at their edges, and a person asked when it does not fit."""

from __future__ import annotations

from faber.contract.turns import TurnRequest
from tests.delivery.asking import (
    autonomous,
    ended,
    last_turn,
    raise_budget,
    refusal,
    requests,
    retry,
    spending,
    verdict,
)
from tests.delivery.conftest import NewSite, Site, failure
from tests.delivery.places import happy_script, write_script

# The configuration's own limit is ten dollars.
ASK = {"on_budget": "ask"}


def spends(new_site: NewSite, **dollars: float) -> Site:
    return new_site(spending(happy_script(), **dollars), workflow=autonomous())


async def test_the_ledger_is_what_the_provider_counted_by_phase_and_by_model(new_site: NewSite) -> None:
    site = spends(new_site, frame=0.3, architect=0.6, build=0.9, evaluate=1.2, release=0.03)
    handle = await site.start()
    result = await ended(handle)
    assert result.cost_usd == result.cost.spent_usd == 3.03
    assert {line.name: line.cost_usd for line in result.cost.by_phase} == {
        "frame": 0.3,
        "architect": 0.6,
        "build": 0.9,
        "evaluate": 1.2,
        "release": 0.03,
    }
    [model] = result.cost.by_model
    assert (model.calls, model.cost_usd, model.priced) == (7, 3.03, True)
    assert result.total_tokens == 1_010_000
    assert result.cost.reserved_usd == 0
    assert sum(item.cost_usd for item in result.phase_results) == 3.03


async def test_at_ninety_percent_a_person_is_asked_once_and_approve_goes_on_to_the_limit(
    new_site: NewSite,
) -> None:
    site = spends(new_site, frame=9.0, architect=0.3)
    handle = await site.start(**ASK)
    gate = await site.gate(handle, "budget")
    assert gate.what == "Budget approval required at 90%: $9.00 / $10.00"
    assert (gate.kind, (await site.status(handle)).cost.reserved_usd) == ("budget", 0)
    await site.decide(handle, gate, "approve")
    result = await ended(handle)
    assert [(view.kind, view.decision) for view in result.decisions] == [("budget", "approve")]
    assert result.cost_usd == 9.3


async def test_the_thresholds_count_from_their_very_edge(new_site: NewSite) -> None:
    # 79.9, 80, 89.9 and 90 % after each phase.
    site = spends(new_site, frame=23.97, architect=0.03, build=2.97, evaluate=0.03)
    handle = await site.start(budget_usd=30, **ASK)
    gate = await site.gate(handle, "budget")
    assert gate.what == "Budget approval required at 90%: $27.00 / $30.00"
    status = await site.status(handle)
    assert status.completed_phases == ["frame", "architect", "build", "evaluate"], "89.9 % did not ask"
    [warning] = [note for note in status.notes if "warning threshold" in note]
    assert warning.startswith("24.0000 USD spent"), "79.9 % did not warn"
    await site.decide(handle, gate, "reject", comment="enough")
    error, result = await failure(handle)
    assert error.type == "BUDGET_EXCEEDED"
    assert result.error is not None
    assert result.error.startswith("Budget exceeded: $27.")
    assert result.error.endswith(" / $30.00 (rejected by ann: enough)")
    assert (result.error_phase, result.cost_usd) == ("release", 27.0)


async def test_a_call_that_does_not_fit_takes_only_a_higher_limit(new_site: NewSite) -> None:
    site = spends(new_site, frame=9.99, architect=0.6)
    handle = await site.start(**ASK)
    gate = await site.gate(handle, "budget")
    assert "raise-budget" in gate.command
    assert "--name raise_budget" in gate.temporal_command
    useless = await refusal(site.decide(handle, gate, "approve"))
    assert useless.type == "NOT_OFFERED" and "raise-budget" in useless.message
    needed = gate.what.rpartition("$")[2]
    assert (
        gate.what
        == f"Budget approval required at 90%: $9.99 / $10.00; the next call needs a limit of ${needed}"
    )
    low = await refusal(raise_budget(handle, 9.5, request_id=gate.request_id))
    assert low.type == "LEDGER"
    assert "$9.99" in low.message
    unknown = await refusal(raise_budget(handle, 20, request_id="budget-1-00000000"))
    assert unknown.type == "UNKNOWN_REQUEST"
    assert 10 < float(needed) <= 20
    view = await raise_budget(handle, 20, request_id=gate.request_id)
    assert (view.decision, view.actor, view.bound, view.comment) == (
        "approve",
        "ann",
        True,
        "limit raised to $20.00",
    )
    result = await ended(handle)
    assert (result.cost_usd, result.cost.limit_usd) == (10.59, 20)
    assert [view.request_id for view in result.decisions] == [gate.request_id]


async def test_a_limit_that_is_lowered_is_called_so_and_holds_in_a_retry_too(new_site: NewSite) -> None:
    site = spends(new_site, frame=9.12)
    handle = await site.start(**ASK, approve={"architect": "always"})
    gate = await site.gate(handle, "budget")
    below = await refusal(raise_budget(handle, 9, request_id=gate.request_id))
    assert "$9.00" in below.message and "$9.12" in below.message
    view = await raise_budget(handle, 9.8, request_id=gate.request_id)
    assert view.comment == "limit lowered from $10.00 to $9.80"
    architect = await site.gate(handle, "architect")
    assert (await raise_budget(handle, 9.7)).what == "limit lowered from $9.80 to $9.70"
    await site.decide(handle, architect, "reject")
    await failure(handle)
    again = await retry(site, handle, from_phase="architect")
    await site.gate(again, "architect")
    assert (await site.status(again)).cost.limit_usd == 9.7
    await again.terminate()


async def test_without_asking_the_run_warns_once_and_fails_at_the_limit(new_site: NewSite) -> None:
    site = spends(new_site, frame=9.51, architect=0.48)
    handle = await site.start()
    error, result = await failure(handle)
    assert error.type == "BUDGET_EXCEEDED"
    assert result.error is not None
    assert result.error.startswith("Budget exceeded: $10.")
    assert result.error.endswith(" / $10.00")
    assert result.completed_phases == ["frame", "architect"], "at 90 % it only warned"
    assert len([note for note in result.notes if "warning threshold" in note]) == 1
    assert result.decisions == []


async def test_the_answer_gets_shorter_before_anybody_is_asked(new_site: NewSite) -> None:
    # What is left pays for 12,000 tokens of input at $3 and for 2,000 tokens of output at $15 a million.
    site = spends(new_site, frame=9.933999)
    handle = await site.start()
    result = await ended(handle)
    [framed] = await requests(handle, "frame", TurnRequest)
    first = (await requests(handle, "architect", TurnRequest))[0]
    assert (framed.max_output_tokens, framed.input_bound) == (16_384, 12_000)
    assert (first.max_output_tokens, first.reserved_microusd) == (2_000, 66_000)
    assert result.decisions == []


async def test_a_run_without_a_limit_says_so_and_never_asks(new_site: NewSite) -> None:
    script = spending(happy_script(), frame=300)
    site = new_site(script, workflow=autonomous(cost={"budget_limit_usd": 0}))
    handle = await site.start(**ASK)
    result = await ended(handle)
    assert any("no budget limit" in note for note in result.notes)
    assert (result.cost_usd, result.cost.limit_usd, result.decisions) == (300, None, [])


async def test_a_failed_call_that_was_billed_is_booked_as_wasted(new_site: NewSite) -> None:
    script = spending(happy_script(), frame=0.3)
    script["phases"]["frame"][0][0]["error"] = {"kind": "TIMEOUT", "times": 1}
    site = new_site(script, workflow=autonomous())
    handle = await site.start()
    result = await ended(handle)
    framed, _ = await requests(handle, "frame", TurnRequest)
    frame = next(line for line in result.cost.by_phase if line.name == "frame")
    assert (frame.calls, frame.wasted_calls, frame.estimated) == (2, 1, True)
    assert round(frame.wasted_usd * 1_000_000) == framed.reserved_microusd
    assert round((frame.cost_usd - frame.wasted_usd) * 1_000_000) == 300_000


async def test_a_review_that_is_tried_again_is_booked_again(new_site: NewSite) -> None:
    script = spending(happy_script(), frame=0.3, evaluate=0.6)
    go = script["phases"]["evaluate"]
    script["phases"]["evaluate"] = [
        [{**verdict("NO_GO", "no"), "usage": last_turn(script, "evaluate")["usage"]}]
    ]
    site = new_site(script, workflow=autonomous())
    handle = await site.start()
    await failure(handle)
    write_script(site.folder, {**script, "phases": {**script["phases"], "evaluate": go}})
    result = await ended(await retry(site, handle))
    assert result.cost_usd == 1.5
    evaluate = next(line for line in result.cost.by_phase if line.name == "evaluate")
    assert (evaluate.calls, evaluate.cost_usd) == (2, 1.2)
