"""A work item has one holder: two that reach for it at the same moment learn who was first."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from adapters.workspace import Claim
from adapters.workspace.names import claim_ref
from faber.errors import ValidationError
from tests.adapters.workspace.sites import Site

MINE, THEIRS = Claim("run-1", "first-1"), Claim("run-2", "first-2")


async def test_the_second_claim_on_an_item_is_answered_with_the_first(site: Site) -> None:
    here, there = site.workspace(), site.workspace("second-host")
    assert await here.write_claim(site.repository, "12", None, MINE) == MINE
    assert await there.write_claim(site.repository, "12", None, THEIRS) == MINE
    assert await there.read_claim(site.repository, "12") == MINE
    assert await there.read_claim(site.repository, "13") is None


async def test_a_repeated_claim_is_the_same_claim(site: Site) -> None:
    workspace = site.workspace()
    await workspace.write_claim(site.repository, "12", None, MINE)
    before = site.git("rev-parse", claim_ref("12"), at=site.origin)
    assert await workspace.write_claim(site.repository, "12", None, MINE) == MINE
    assert site.git("rev-parse", claim_ref("12"), at=site.origin) == before


async def test_an_outcome_is_kept_and_a_later_run_takes_over_what_it_has_seen(site: Site) -> None:
    workspace = site.workspace()
    await workspace.write_claim(site.repository, "12", None, MINE)
    ended = dataclasses.replace(MINE, outcome="failed", pr_url="https://forge.example/pr/1?a=b ✓")
    assert await workspace.write_claim(site.repository, "12", MINE, ended) == ended
    assert await workspace.read_claim(site.repository, "12") == ended
    assert await workspace.write_claim(site.repository, "12", MINE, THEIRS) == ended
    assert await workspace.write_claim(site.repository, "12", ended, THEIRS) == THEIRS


async def test_a_claim_is_written_although_the_one_it_expected_is_gone(site: Site) -> None:
    workspace = site.workspace()
    await workspace.write_claim(site.repository, "12", None, MINE)
    site.git("update-ref", "-d", claim_ref("12"), at=site.origin)
    assert await workspace.write_claim(site.repository, "12", MINE, THEIRS) == THEIRS


@pytest.mark.parametrize("own_origin", [False, True])
async def test_of_many_clones_that_race_for_an_item_exactly_one_gets_it(site: Site, own_origin: bool) -> None:
    if own_origin:
        site.git("remote", "remove", "origin")
    hosts = [site.workspace(f"host-{number}") for number in range(6)]
    claims = [Claim(f"run-{number}", f"first-{number}") for number in range(6)]
    await asyncio.gather(*(host.fetch(site.repository) for host in hosts))
    for item in ("1", "2", "../3 $(touch x)"):
        told = await asyncio.gather(
            *(
                host.write_claim(site.repository, item, None, claim)
                for host, claim in zip(hosts, claims, strict=True)
            )
        )
        assert len(set(told)) == 1
        assert told[0] in claims
        assert await hosts[0].read_claim(site.repository, item) == told[0]


async def test_who_held_an_item_before_stays_readable_in_the_origin(site: Site) -> None:
    workspace = site.workspace()
    await workspace.write_claim(site.repository, "12", None, MINE)
    await workspace.write_claim(site.repository, "12", MINE, THEIRS)
    history = site.git("log", "--format=%B", claim_ref("12"), at=site.origin)
    assert history.index('"run-2"') < history.index('"run-1"')


async def test_a_ref_that_holds_something_else_is_named_with_the_way_out(site: Site) -> None:
    site.git("update-ref", claim_ref("12"), "main", at=site.origin)
    with pytest.raises(
        ValidationError, match=rf"{claim_ref('12')} of .* holds no claim on 12.*push origin --delete"
    ):
        await site.workspace().read_claim(site.repository, "12")


async def test_a_claim_with_words_of_a_newer_version_is_read(site: Site) -> None:
    tree = site.git("mktree", at=site.origin)
    words = '{"run_id": "r", "first_execution_run_id": "f", "since": 3}'
    at = site.git("commit-tree", tree, "-m", words, at=site.origin)
    site.git("update-ref", claim_ref("12"), at, at=site.origin)
    assert await site.workspace().read_claim(site.repository, "12") == Claim("r", "f")
