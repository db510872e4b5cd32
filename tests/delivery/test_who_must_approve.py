"""Which gates open: the run's option before the configuration, and that before the level of autonomy."""

from __future__ import annotations

from typing import Any

import pytest

from tests.delivery.asking import ended, pause, resume
from tests.delivery.conftest import NewSite, failure
from tests.delivery.places import happy_script


@pytest.mark.parametrize(
    ("configured", "options", "asked"),
    [
        ({}, {"autonomy": "guarded"}, ["release"]),
        ({"autonomy": "guarded", "human_approval": {"release": False}}, {}, []),
        ({"autonomy": "autonomous", "human_approval": {"architect": True}}, {}, ["architect"]),
        ({"human_approval": {"architect": True}}, {"autonomy": "autonomous"}, ["architect"]),
        (
            {"human_approval": {"architect": True, "release": False}},
            {"approve": {"architect": "never", "release": "always"}},
            ["release"],
        ),
    ],
    ids=["guarded", "explicit-no", "explicit-yes", "explicit-beats-autonomy-option", "option-beats-all"],
)
async def test_the_option_of_a_run_beats_the_configuration_which_beats_the_level(
    new_site: NewSite, configured: dict[str, Any], options: dict[str, Any], asked: list[str]
) -> None:
    site = new_site(workflow=configured)
    handle = await site.start(**options)
    await site.approve(handle, *asked)
    result = await ended(handle)
    assert [view.name for view in result.decisions] == asked


async def test_an_open_gate_survives_a_pause_and_its_resume(new_site: NewSite) -> None:
    site = new_site()
    handle = await site.start()
    before = await site.gate(handle, "architect")
    await pause(handle)
    await resume(handle)
    after = await site.gate(handle, "architect")
    assert after == before
    assert (await site.status(handle)).completed_phases == ["frame", "architect"]
    await site.decide(handle, after, "reject")
    await failure(handle)


async def test_a_run_paused_at_its_gate_stays_paused_after_the_approval(new_site: NewSite) -> None:
    site = new_site(happy_script())
    handle = await site.start()
    gate = await site.gate(handle, "architect")
    await pause(handle, "not today")
    await site.decide(handle, gate, "approve")
    status = await site.status(handle)
    assert [item.gate for item in status.waiting_on] == ["pause"]
    assert status.waiting_on[0].what == "paused by ann: not today"
    assert status.completed_phases == ["frame", "architect"]
    await resume(handle, actor="bob")
    await site.approve(handle, "release")
    result = await ended(handle)
    assert [(view.name, view.actor) for view in result.decisions] == [
        ("architect", "ann"),
        ("pause", "bob"),
        ("release", "ann"),
    ]
