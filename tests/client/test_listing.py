"""Lists: the filter comes before the limit, and a row is a result document."""

from __future__ import annotations

from faber.client import Faber
from faber.listing import query
from tests.client.conftest import CommandLine
from tests.waiting import eventually


async def listed(faber: Faber, count: int) -> None:
    async def all_there() -> bool:
        return len(await faber.list(limit=100, project=faber.project)) == count

    await eventually(all_there, f"{count} runs are listed")


async def test_the_limit_counts_what_was_asked_for(faber_cli: CommandLine, faber: Faber) -> None:
    await faber_cli("run", "fails-10")
    for number in range(3):
        await faber_cli("run", f"plain-1{number}")
    await listed(faber, 4)
    [row] = await faber.list("failed", 1, project=faber.project)
    assert (row["work_id"], row["status"], row["error"]) == ("fails-10", "failed", "the checks failed")
    assert row["completed_phases"] == ["frame"]
    assert row["cost_usd"] == 1.25
    assert len(await faber.list("completed", 2, project=faber.project)) == 2


async def test_each_status_lists_its_own_runs(faber_cli: CommandLine, faber: Faber) -> None:
    await faber_cli("run", "approve-20")
    await faber_cli("run", "plain-20")
    parked = await faber_cli.spawn("run", "parked-20")
    assert parked.stderr is not None
    await parked.stderr.readuntil(b"architect")
    await faber_cli("run", "approve-21")
    await faber_cli("cancel", "approve-21")
    await listed(faber, 4)
    found = {
        status: [row["work_id"] for row in await faber.list(status, project=faber.project)]
        for status in ("queued", "running", "waiting", "completed", "failed", "cancelled")
    }
    assert found == {
        "queued": [],
        "running": ["parked-20"],
        "waiting": ["approve-20"],
        "completed": ["plain-20"],
        "failed": ["approve-21"],
        "cancelled": ["approve-21"],
    }
    await faber_cli("terminate", "parked-20")
    assert await parked.wait() == 130


async def test_the_list_command_answers_with_one_document(faber_cli: CommandLine) -> None:
    await faber_cli("run", "approve-30")
    done = await faber_cli("workflow", "list", "--status", "waiting", "--limit", "5")
    [row, *_] = done.document["workflows"]
    assert row["status"] == "waiting"
    assert row["waiting_on"] == ["approval:architect"]
    assert row["current_phase"] == "architect"
    assert row["started_at"]


def test_a_quote_in_a_work_id_stays_inside_its_quotes() -> None:
    assert query(work_id='1" OR "a"="a').endswith(r'FaberWorkId = "1\" OR \"a\"=\"a"')


async def test_a_quote_in_a_work_id_is_looked_for_as_it_is(faber: Faber) -> None:
    assert await faber.list(work_id='1" OR WorkflowType != "') == []


async def test_a_short_id_must_be_unique(faber_cli: CommandLine, faber: Faber) -> None:
    await faber_cli("run", "plain-401")
    await faber_cli("run", "plain-402")
    await listed(faber, 2)
    done = await faber_cli("status", "plain-40")
    assert done.code == 2
    assert f"faber-{faber.project}-plain-401, faber-{faber.project}-plain-402" in done.err
    assert (await faber_cli("status", "plain-401")).document["work_id"] == "plain-401"
