"""`temporal workflow reset`: the story is told again, and neither paid for nor done a second time."""

from __future__ import annotations

from pathlib import Path

from temporalio.client import Client

from faber.contract.workflows import FaberRun
from tests.delivery.asking import ended
from tests.delivery.conftest import Site
from tests.delivery.places import git, make_repository
from tests.resetting import reset_to_the_beginning
from tests.stand_in import ModelServer


async def test_a_run_that_is_reset_to_its_beginning_asks_its_gates_and_pays_for_nothing_again(
    served: Client, provider: ModelServer, tmp_path: Path
) -> None:
    site = Site(served, tmp_path, make_repository(tmp_path, "openai:gpt-4o"))
    before = provider.count()
    handle = await site.start()
    await site.approve(handle, "architect")
    await site.gate(handle, "release")
    asked = provider.count() - before
    again = await reset_to_the_beginning(served, FaberRun.run, handle)
    await site.approve(again, "architect", "release")
    result = await ended(again)
    assert provider.count() - before == asked + 1, "the release is the only call that was not stored"
    assert result.cost.calls == asked + 1
    origin = site.folder / "origin.git"
    assert git(origin, "for-each-ref", "--format=%(refname)", "refs/heads/faber/").count("\n") == 0
    assert git(origin, "rev-parse", f"refs/heads/{result.branch_name}") == result.head_sha
