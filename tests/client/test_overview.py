"""Runs of every kind, page by page, for a door that shows them all."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.engine import Engine
from faber.client import Faber
from faber.errors import NoSuchRun, Unreachable, UsageError
from faber.overview import Filter
from faber.settings import Settings
from tests.client.conftest import CommandLine
from tests.waiting import eventually


async def test_pages_follow_one_another_and_hold_each_run_once(faber_cli: CommandLine, faber: Faber) -> None:
    for number in range(5):
        await faber_cli("run", f"plain-{number}")
    wanted = Filter(project=faber.project)

    async def all_there() -> bool:
        return len((await faber.page(wanted)).items) == 5

    await eventually(all_there, "five runs are listed")
    seen, cursor = [], None
    for size in (2, 2, 1):
        page = await faber.page(wanted, 2, cursor)
        assert len(page.items) == size
        seen += [run.work_id for run in page.items]
        cursor = page.next_cursor
    assert sorted(seen) == [f"plain-{number}" for number in range(5)]
    assert all(run.kind == "delivery" and run.ended_at for run in page.items)


async def test_a_run_that_was_begun_anew_is_listed_once_as_it_stands_now(
    faber_cli: CommandLine, faber: Faber
) -> None:
    await faber_cli("run", "fails-61", "--budget", "3")
    await faber_cli("retry", "fails-61", "--from", "build")
    wanted = Filter(project=faber.project)

    async def ended() -> bool:
        return "completed" in {run.status for run in (await faber.page(wanted)).items}

    await eventually(ended, "the retried run is listed as completed")
    assert [run.work_id for run in (await faber.page(wanted)).items] == ["fails-61"]
    assert (await faber.page(Filter(project=faber.project, status="failed"))).items == []


@pytest.mark.parametrize("cursor", ["x", "AAAA", "bm90LWEtY3Vyc29y", "é", "=", "A" * 2_000])
async def test_a_cursor_that_no_page_gave_is_refused_at_once(cursor: str, faber: Faber) -> None:
    with pytest.raises(UsageError, match="is no cursor"):
        await faber.page(Filter(), 2, cursor)


async def test_a_run_is_found_by_its_id_and_nothing_else_is(faber_cli: CommandLine, faber: Faber) -> None:
    await faber_cli("run", "fails-60")
    run_id = await faber.resolve("fails-60")
    found = await faber.find(run_id)
    assert (found.status, found.error, found.tenant) == ("failed", "the checks failed", None)
    with pytest.raises(NoSuchRun):
        await faber.find("never-was")


async def test_a_run_that_waits_since_before_runs_told_of_their_gates_is_shown_to_wait(
    faber_cli: CommandLine, faber: Faber
) -> None:
    await faber_cli("run", "approve-61")
    found = await faber.find(await faber.resolve("approve-61"))
    assert found.status == "waiting"
    assert [(gate.gate, gate.kind) for gate in found.waiting_on] == [("architect", "approval")]
    await faber_cli("terminate", "approve-61")
    ended = await faber.find(found.run_id)
    assert (ended.status, ended.error, ended.waiting_on) == ("failed", "terminated", [])


async def test_a_namespace_without_the_search_attributes_is_said_to_lack_them(
    engine: Engine, tmp_path: Path
) -> None:
    bare = await Faber.connect(
        Settings.read(
            {
                "HOME": str(tmp_path),
                "TEMPORAL_ADDRESS": engine.address,
                "TEMPORAL_NAMESPACE": engine.namespace,
            }
        ),
        where=tmp_path,
    )
    with pytest.raises(Unreachable, match="search attributes"):
        await bare.page(Filter(tenant=None))


def test_words_of_a_filter_stay_inside_their_quotes() -> None:
    hostile = 'x" OR "a"="a'
    wanted = Filter(phase=hostile, project=hostile, work_id=hostile, tenant=hostile, since=hostile)
    assert wanted.query().count(r'"x\" OR \"a\"=\"a"') == 5
