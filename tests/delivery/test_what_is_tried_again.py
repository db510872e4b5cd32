"""A run whose step fails and is tried again by itself: who asks is told, and who follows it too."""

from __future__ import annotations

from io import StringIO

from faber.api.console import Console
from faber.api.progress import Progress
from faber.client import Faber
from faber.contract.listed import Trying
from faber.settings import Settings
from faber.trying import in_words
from tests.delivery.asking import autonomous, ended
from tests.delivery.conftest import NewSite
from tests.delivery.places import happy_script
from tests.waiting import eventually

OVERLOADED = {"kind": "SERVER_ERROR", "message": "overloaded", "times": 2}


async def test_a_step_that_is_tried_again_says_why_and_when_and_nothing_once_it_went_well(
    new_site: NewSite,
) -> None:
    script = happy_script()
    script["phases"]["frame"][0][-1]["error"] = OVERLOADED
    site = new_site(script, workflow=autonomous())
    handle = await site.start()
    faber = Faber(site.client, Settings.read({}), site.checkout)
    found: list[Trying] = []

    async def is_tried() -> bool:
        found[:] = [again for again in await faber.trying(handle.id) if again.next_at]
        return bool(found)

    await eventually(is_tried, "the call fails for the first time")
    assert (found[0].step, found[0].error) == ("frame", "overloaded")
    assert found[0].attempt in (2, 3)
    await ended(handle)
    assert await faber.trying(handle.id) == []


def test_a_follower_is_told_each_error_once() -> None:
    progress = Progress(console := Console(err=StringIO()))
    for attempt in (2, 3):
        progress.tried([Trying(step="frame", attempt=attempt, error="overloaded", next_at="soon")])
    progress.tried([Trying(step="frame", attempt=4, error="no route", next_at=None)])
    assert isinstance(console.err, StringIO)
    assert console.err.getvalue().splitlines() == [
        "frame: attempt 1 failed: overloaded; tried again at soon",
        "frame: attempt 3 failed: no route; it is being tried again",
    ]
    assert (
        in_words(Trying(step="s", attempt=2, error="e")) == "s: attempt 1 failed: e; it is being tried again"
    )
