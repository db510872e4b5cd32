"""Runs: the newest word counts, in whatever order words arrive; the same for every store."""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.records import Records, RunRecord, RunSummary
from adapters.records.cursors import after
from faber.errors import UsageError

START = datetime(2026, 5, 1, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def run(origin: str = "o1", seconds: float = 0, **more: Any) -> RunRecord:
    """`seconds` after START is when it started; it was updated then as well."""
    given = {
        "origin": origin,
        "run_id": f"def-intake-{origin}",
        "definition_id": "intake",
        "version": 1,
        "status": "running",
        "started_at": at(seconds),
        "updated_at": at(seconds),
    }
    return RunRecord.model_validate({**given, **more})


async def kept(records: Records, run_id: str = "def-intake-o1", tenant: str | None = None) -> RunRecord:
    found = await records.get_run(run_id, tenant=tenant)
    assert found is not None
    return found


async def test_a_run_comes_back_as_it_was_recorded(records: Records) -> None:
    record = run(
        status="completed",
        current_step="ask",
        ended_at=at(9.123456),
        tenant="acme",
        idempotency_key="key ä",
        inputs_hash="ab" * 32,
        document={"context": {"runtime": {"name": "\0\ud800", "n": 1.5}}, "steps": []},
    )
    assert await records.save_run(record)
    assert await kept(records, tenant="acme") == record


async def test_a_time_of_another_zone_is_the_same_moment(records: Records) -> None:
    east = at(0).astimezone(timezone(timedelta(hours=5, minutes=30)))
    await records.save_run(run(started_at=east, updated_at=east.isoformat(), ended_at=""))
    found = await kept(records)
    assert (found.started_at, found.updated_at, found.ended_at) == (at(0), at(0), None)
    assert found.started_at.utcoffset() == timedelta(0)


async def test_an_older_word_never_overwrites_a_newer_one(records: Records) -> None:
    assert await records.save_run(run(status="completed", updated_at=at(9), ended_at=at(9)))
    assert not await records.save_run(run(status="waiting", updated_at=at(8.999999)))
    assert (await kept(records)).status == "completed"


async def test_a_newer_word_replaces_all_but_the_start(records: Records) -> None:
    await records.save_run(run(current_step="ask", idempotency_key="k", document={"old": 1}))
    assert await records.save_run(run(started_at=at(5), updated_at=at(9), version=2, document={"new": 2}))
    found = await kept(records)
    assert (found.started_at, found.updated_at) == (at(0), at(9))
    assert (found.version, found.current_step, found.document) == (2, None, {"new": 2})


async def test_a_run_that_was_queued_starts_when_it_says_so(records: Records) -> None:
    await records.save_run(run(status="queued"))
    assert await records.save_run(run(started_at=at(1), updated_at=at(1)))
    assert await records.save_run(run(started_at=at(2), updated_at=at(2)))
    assert (await kept(records)).started_at == at(1)


async def test_within_one_moment_a_run_ends_but_does_not_begin_again(records: Records) -> None:
    ended = run(status="failed", ended_at=at(0))
    assert await records.save_run(run())
    assert await records.save_run(run(status="waiting"))
    assert await records.save_run(ended)
    assert await records.save_run(ended)
    assert not await records.save_run(run())
    assert (await kept(records)).status == "failed"


async def test_a_run_that_was_reset_runs_again(records: Records) -> None:
    await records.save_run(run(status="failed", ended_at=at(1), updated_at=at(1)))
    assert await records.save_run(run(status="running", updated_at=at(2)))
    found = await kept(records)
    assert (found.status, found.ended_at) == ("running", None)


async def test_words_that_arrive_in_any_order_and_at_once_leave_the_last(records: Records) -> None:
    words = [run(updated_at=at(second), document={"second": second}) for second in range(30)]
    await asyncio.gather(*(records.save_run(word) for word in words[::2] + words[::-2]))
    assert (await kept(records)).document == {"second": 29}


async def test_a_run_id_means_the_run_that_was_started_last_under_it(records: Records) -> None:
    await records.save_run(run("o2", 5, run_id="def-a"))
    await records.save_run(run("o1", 0, run_id="def-a", updated_at=at(9)))
    assert (await kept(records, "def-a")).origin == "o2"
    assert await records.get_run("def-b") is None


async def test_a_run_is_seen_by_its_tenant_only(records: Records) -> None:
    await records.save_run(run("acmes", tenant="acme"))
    await records.save_run(run("nobodys"))
    for tenant, seen in (("acme", "acmes"), (None, "nobodys"), ("other", None)):
        listed = await records.list_runs(tenant=tenant)
        assert [one.origin for one in listed.items] == ([seen] if seen else [])
        found = [o for o in ("acmes", "nobodys") if await records.get_run(f"def-intake-{o}", tenant=tenant)]
        assert found == ([seen] if seen else [])


async def test_a_list_is_newest_first_and_of_those_of_one_moment_in_a_fixed_order(records: Records) -> None:
    for origin, second in [("b", 1), ("Z", 1), ("a-c", 1), ("ab", 1), ("new", 2), ("old", 0)]:
        await records.save_run(run(origin, second))
    listed = [one.origin for one in (await records.list_runs()).items]
    assert listed == ["new", "b", "ab", "a-c", "Z", "old"]
    paged: list[RunSummary] = []
    cursor = None
    for _ in range(3):
        page = await records.list_runs(limit=2, cursor=cursor)
        paged, cursor = paged + page.items, page.next_cursor
    assert [one.origin for one in paged] == listed
    assert cursor is None


async def test_runs_that_start_or_change_meanwhile_move_no_page(records: Records) -> None:
    for second in range(6):
        await records.save_run(run(f"o{second}", second))
    first = await records.list_runs(limit=3)
    await records.save_run(run("o9", 9))
    await records.save_run(run("o1", 1, status="completed", updated_at=at(99)))
    second_page = await records.list_runs(limit=3, cursor=first.next_cursor)
    assert [one.origin for one in first.items + second_page.items] == ["o5", "o4", "o3", "o2", "o1", "o0"]


async def test_a_list_is_filtered_by_definition_and_status_and_goes_on_in_the_filter(
    records: Records,
) -> None:
    for second in range(8):
        which = "intake" if second % 2 else "other"
        status = "completed" if second < 4 else "waiting"
        await records.save_run(run(f"o{second}", second, definition_id=which, status=status))
    done = await records.list_runs(definition_id="intake", status="completed")
    assert [one.origin for one in done.items] == ["o3", "o1"]
    assert [one.origin for one in (await records.list_runs(status="waiting")).items] == [
        "o7",
        "o6",
        "o5",
        "o4",
    ]
    first = await records.list_runs(definition_id="other", limit=3)
    rest = await records.list_runs(definition_id="other", limit=3, cursor=first.next_cursor)
    assert [one.origin for one in first.items + rest.items] == ["o6", "o4", "o2", "o0"]
    assert (await records.list_runs(definition_id="nobody's")).items == []


async def test_the_runs_that_have_not_ended_are_known_whosever_they_are(records: Records) -> None:
    statuses = ["queued", "running", "waiting", "completed", "failed", "canceled"]
    for status in statuses:
        await records.save_run(run(status, run_id=f"def-{status}", status=status))
    await records.save_run(run("again", run_id="def-queued", status="running"))
    await records.save_run(run("theirs", run_id="def-theirs", tenant="acme"))
    await records.save_run(run("of another", run_id="def-other", definition_id="other"))
    assert await records.active_runs("intake") == ["def-queued", "def-running", "def-theirs", "def-waiting"]
    assert await records.active_runs("unknown") == []
    asked = ["def-other", "def-failed", "def-queued", "def-theirs", *(f"def-{n}" for n in range(2_000))]
    assert await records.open_among(asked) == ["def-other", "def-queued", "def-theirs"]
    assert await records.open_among([]) == []


@pytest.mark.parametrize(
    "cursor",
    [
        after("runs", "yesterday", "o1"),
        after("runs", "2026-05-01T12:00:00", "o1"),
        after("definitions", "a"),
        after("runs", "0001-01-01T00:00:00+23:59", "o1"),
        after("runs", "9999-12-31T23:59:59-23:59", "o1"),
        urlsafe_b64encode(b"[" * 1_400).decode().rstrip("="),
    ],
)
async def test_a_cursor_of_another_list_or_time_is_refused(records: Records, cursor: str) -> None:
    with pytest.raises(UsageError, match="next_cursor of its last page"):
        await records.list_runs(cursor=cursor)


def test_a_record_that_no_database_holds_is_refused_when_it_is_made() -> None:
    with pytest.raises(ValidationError, match="NUL"):
        run(idempotency_key="a\0")
    with pytest.raises(UsageError, match="cannot be kept as JSON"):
        run(document={"n": float("nan")})
