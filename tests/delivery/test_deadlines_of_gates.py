"""What happens at a gate that nobody answers: a reminder, then the default answer, or nothing for ever."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from faber.contract.activities import ReportRequest
from tests.delivery.asking import autonomous, ended, raise_budget, refusal, requests, spending
from tests.delivery.conftest import NewSite, failure
from tests.delivery.places import happy_script

# Seconds, as the hours that the configuration takes.
ONE_S, TWO_S = 0.0003, 0.0006


def gates(**hours: Any) -> dict[str, Any]:
    return {"gates": hours}


async def test_a_gate_reminds_once_and_then_gives_its_default_answer(new_site: NewSite) -> None:
    site = new_site(workflow=gates(remind_after_h=ONE_S, deadline_h=TWO_S))
    handle = await site.start()
    gate = await site.gate(handle, "architect")
    assert gate.by_itself == "reject by default"
    assert gate.at is not None
    waited = datetime.fromisoformat(gate.at) - datetime.fromisoformat(gate.since)
    assert abs(waited.total_seconds() - TWO_S * 3600) < 0.1
    error, result = await failure(handle)
    assert error.type == "REJECTED"
    assert result.error is not None
    assert result.error.startswith("architect rejected by deadline: no answer until")
    [view] = result.decisions
    assert (view.actor, view.via) == ("deadline", "deadline")
    reports = await requests(handle, "report_progress", ReportRequest)
    waiting = [item for report in reports for item in report.status.waiting_on]
    assert [item.reminded for item in waiting] == [False, True], "told when it opened, and once as a reminder"


async def test_the_default_answer_may_be_approve_and_then_an_answer_is_late(new_site: NewSite) -> None:
    site = new_site(workflow=gates(deadline_h=ONE_S, on_deadline="approve"))
    handle = await site.start()
    first = await site.gate(handle, "architect")
    await site.gate(handle, "release")
    late = await refusal(site.decide(handle, first, "reject"))
    assert late.type == "LATE"
    assert "by its deadline" in late.message
    result = await ended(handle)
    assert [(view.name, view.decision, view.actor) for view in result.decisions] == [
        ("architect", "approve", "deadline"),
        ("release", "approve", "deadline"),
    ]


async def test_the_default_answer_never_spends_more_than_the_budget(new_site: NewSite) -> None:
    script = spending(happy_script(), frame=9.3)
    site = new_site(script, workflow=autonomous(**gates(deadline_h=ONE_S, on_deadline="approve")))
    handle = await site.start(on_budget="ask")
    error, result = await failure(handle)
    assert error.type == "BUDGET_EXCEEDED"
    assert "rejected by deadline" in str(result.error)


async def test_zero_hours_wait_for_ever(new_site: NewSite) -> None:
    site = new_site(workflow=gates(remind_after_h=0, deadline_h=0))
    handle = await site.start()
    gate = await site.gate(handle, "architect")
    assert (gate.by_itself, gate.at) == ("nothing: it waits until it is answered", None)
    history = await handle.fetch_history()
    assert not [event for event in history.events if event.HasField("timer_started_event_attributes")]
    await site.decide(handle, gate, "reject")
    await failure(handle)


async def test_a_raised_limit_needs_no_open_gate(new_site: NewSite) -> None:
    site = new_site()
    handle = await site.start()
    await site.gate(handle, "architect")
    view = await raise_budget(handle, 25)
    assert (view.kind, view.decision) == ("budget", "approve")
    assert (await site.status(handle)).cost.limit_usd == 25
    await site.approve(handle, "architect", "release")
    assert (await ended(handle)).cost.limit_usd == 25
