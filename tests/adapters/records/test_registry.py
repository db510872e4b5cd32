"""Definitions and prompt templates by version: the same for every store."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.records import Records
from adapters.records.cursors import after
from faber.errors import Conflict, NotYours, UsageError

ONE: dict[str, Any] = {"id": "intake", "start_step": "ask", "steps": [{"id": "ask", "type": "form"}]}
TWO: dict[str, Any] = {**ONE, "name": "with a name"}


async def put(records: Records, id: str, document: dict[str, Any] = ONE, tenant: str | None = None) -> int:
    return await records.put_definition(id, document, "source", "ann", tenant)


async def test_what_was_put_comes_back_word_for_word(records: Records) -> None:
    document = {"z": 1, "a": [None, True, 1.5, 10**20, "\0 \ud800 ä 日本"], "deep": {"": {}}}
    before = datetime.now(tz=UTC)
    assert await records.put_definition("intake", document, "# why\nid: intake\n", "ann", "acme") == 1
    found = await records.get_definition("intake", tenant="acme")
    assert found is not None
    assert (found.id, found.version, found.author, found.tenant) == ("intake", 1, "ann", "acme")
    assert found.document == document
    assert list(found.document) == ["z", "a", "deep"]
    assert found.source_text == "# why\nid: intake\n"
    assert before <= found.created_at <= datetime.now(tz=UTC)


async def test_a_changed_definition_is_a_new_version_and_the_old_one_stays(records: Records) -> None:
    assert [await put(records, "intake", ONE), await put(records, "intake", TWO)] == [1, 2]
    newest, first = await records.get_definition("intake"), await records.get_definition("intake", 1)
    assert newest is not None
    assert first is not None
    assert (newest.version, newest.document) == (2, TWO)
    assert (first.version, first.document) == (1, ONE)


async def test_putting_the_same_again_keeps_nothing_twice(records: Records) -> None:
    await put(records, "intake", ONE)
    assert await put(records, "intake", {name: ONE[name] for name in reversed(ONE)}) == 1
    assert await put(records, "intake", TWO) == 2
    assert await put(records, "intake", ONE) == 3
    assert await records.put_definition("intake", ONE, "source with a comment", "bob") == 4


async def test_each_id_counts_its_own_versions(records: Records) -> None:
    assert [await put(records, "a"), await put(records, "b"), await put(records, "a", TWO)] == [1, 1, 2]


async def test_a_changed_answer_changes_nothing_in_the_store(records: Records) -> None:
    document = {"steps": [{"id": "ask"}]}
    await put(records, "intake", document)
    document["steps"].append({"id": "later"})
    found = await records.get_definition("intake")
    assert found is not None
    found.document["steps"].clear()
    again = await records.get_definition("intake")
    assert again is not None
    assert again.document == {"steps": [{"id": "ask"}]}


@pytest.mark.parametrize("version", [-1, 0, 2, 2**31, 2**63, 10**30])
async def test_a_version_that_there_is_not_is_not_found(records: Records, version: int) -> None:
    await put(records, "intake")
    assert await records.get_definition("intake", version) is None
    assert await records.get_definition("other") is None


async def test_a_deleted_definition_is_not_found_but_its_versions_stay_for_its_runs(records: Records) -> None:
    await put(records, "intake", ONE)
    await put(records, "intake", TWO)
    assert await records.delete_definition("intake")
    assert await records.get_definition("intake") is None
    assert await records.get_definition("intake", 1) is None
    assert (await records.list_definitions()).items == []
    kept = await records.get_definition("intake", 1, deleted=True)
    assert kept is not None
    assert kept.document == ONE
    assert not await records.delete_definition("intake")
    assert not await records.delete_definition("never there")


async def test_a_deleted_id_that_is_put_again_counts_on(records: Records) -> None:
    await put(records, "intake", ONE)
    await records.delete_definition("intake")
    assert await put(records, "intake", ONE) == 2
    found = await records.get_definition("intake")
    assert found is not None
    assert found.version == 2


async def test_twenty_who_put_at_once_get_twenty_numbers(records: Records) -> None:
    documents = [{"number": number} for number in range(20)]
    numbers = await asyncio.gather(*(put(records, "intake", document) for document in documents))
    assert sorted(numbers) == list(range(1, 21))
    for number, document in zip(numbers, documents, strict=True):
        found = await records.get_definition("intake", number)
        assert found is not None
        assert found.document == document


async def test_twenty_who_put_the_same_at_once_make_one_version(records: Records) -> None:
    numbers = await asyncio.gather(*(put(records, "intake") for _ in range(20)))
    assert set(numbers) == {1}


async def test_of_twenty_who_put_the_first_version_at_once_one_has_done_it(records: Records) -> None:
    async def first(number: int) -> int:
        document = {**ONE, "name": str(number)}
        return await records.put_definition("intake", document, "", "ann", None, first=True)

    put = await asyncio.gather(*(first(number) for number in range(20)), return_exceptions=True)
    assert sorted(str(one) for one in put if not isinstance(one, Conflict)) == ["1"]
    await records.delete_definition("intake")
    assert await first(21) == 2
    with pytest.raises(NotYours):
        await records.put_definition("intake", ONE, "", "tom", "acme", first=True)


async def test_of_twenty_who_delete_at_once_one_has_done_it(records: Records) -> None:
    await put(records, "intake")
    done = await asyncio.gather(*(records.delete_definition("intake") for _ in range(20)))
    assert sorted(done) == [False] * 19 + [True]


async def test_a_list_goes_on_where_it_stopped_and_shows_the_newest_version_of_each(records: Records) -> None:
    # A locale would sort these otherwise: in upper and lower case together, and without the dash.
    names = ["B", "Z-1", "a", "a-b", "ab", "b", "ä"]
    for name in reversed(names):
        await put(records, name, ONE)
        await put(records, name, TWO)
    first = await records.list_definitions(limit=3)
    assert [one.id for one in first.items] == names[:3]
    assert first.next_cursor is not None
    await put(records, "A, which came meanwhile")
    rest = await records.list_definitions(cursor=first.next_cursor, limit=4)
    assert [one.id for one in rest.items] == names[3:]
    assert rest.next_cursor is None
    assert {one.version for one in rest.items} == {2}


async def test_a_list_of_nothing_is_empty(records: Records) -> None:
    page = await records.list_definitions()
    assert (page.items, page.next_cursor) == ([], None)


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%%%",
        "bm8",
        "W10",
        "🙂",
        "a" * 5_000,
        after("definitions"),
        after("definitions", "\0"),
        after("runs"),
    ],
)
async def test_a_strange_cursor_is_refused_and_says_what_to_do(records: Records, cursor: str) -> None:
    with pytest.raises(UsageError, match="next_cursor of its last page"):
        await records.list_definitions(cursor=cursor)
    with pytest.raises(UsageError, match="next_cursor of its last page"):
        await records.list_runs(cursor=cursor)


@pytest.mark.parametrize("limit", [0, -1, 501])
async def test_a_page_of_no_size_or_of_any_size_is_refused(records: Records, limit: int) -> None:
    with pytest.raises(UsageError, match="1 to 500"):
        await records.list_definitions(limit=limit)
    with pytest.raises(UsageError, match="1 to 500"):
        await records.list_runs(limit=limit)


async def test_a_tenant_sees_its_own_and_what_is_shared(records: Records) -> None:
    await put(records, "acmes", tenant="acme")
    await put(records, "shared")
    await put(records, "others", tenant="other")

    async def seen_by(tenant: str | None) -> list[str]:
        page = await records.list_definitions(tenant=tenant)
        found = [
            id for id in ("acmes", "others", "shared") if await records.get_definition(id, tenant=tenant)
        ]
        assert [one.id for one in page.items] == found
        return found

    assert await seen_by("acme") == ["acmes", "shared"]
    assert await seen_by("other") == ["others", "shared"]
    assert await seen_by(None) == ["shared"]


async def test_a_tenant_changes_neither_anothers_definition_nor_a_shared_one(records: Records) -> None:
    await put(records, "acmes", tenant="acme")
    await put(records, "shared")
    for id, tenant in [("acmes", "other"), ("acmes", None), ("shared", "acme")]:
        with pytest.raises(NotYours, match="choose another id"):
            await put(records, id, TWO, tenant)
    assert not await records.delete_definition("acmes", "other")
    assert not await records.delete_definition("acmes")
    with pytest.raises(NotYours):
        await records.delete_definition("shared", "acme")
    assert await records.get_definition("acmes", 1, tenant="acme")
    assert await records.get_definition("shared", 1)
    assert await records.get_definition("acmes", 2, tenant="acme") is None


async def test_a_refused_id_is_not_taken(records: Records) -> None:
    await put(records, "acmes", tenant="acme")
    with pytest.raises(NotYours):
        await put(records, "acmes", TWO, "other")
    assert await put(records, "acmes", TWO, "acme") == 2


@pytest.mark.parametrize("id", ["a\0b", "half \ud800"])
async def test_a_name_that_a_database_cannot_hold_is_refused(records: Records, id: str) -> None:
    for asked in (
        put(records, id),
        records.put_definition("fine", ONE, id, "ann"),
        records.put_template("fine", id),
        records.get_definition(id),
        records.get_run(id),
        records.delete_definition(id),
        records.list_runs(definition_id=id),
        records.active_runs(id),
        records.open_among([id]),
    ):
        with pytest.raises(UsageError, match="take it out"):
            await asked


@pytest.mark.parametrize("value", [float("nan"), float("inf"), datetime(2026, 1, 1), {1, 2}])
async def test_a_document_that_is_no_json_is_refused(records: Records, value: object) -> None:
    with pytest.raises(UsageError, match="cannot be kept as JSON"):
        await put(records, "intake", {"value": value})
    assert await records.get_definition("intake") is None


async def test_names_that_are_no_texts_are_read_again_as_texts(records: Records) -> None:
    await put(records, "intake", {1: {True: "yes"}})  # type: ignore[dict-item]
    found = await records.get_definition("intake")
    assert found is not None
    assert found.document == {"1": {"true": "yes"}}


async def test_names_that_look_like_sql_are_names(records: Records) -> None:
    names = ["'; DROP TABLE runs; --", '"', "%", "_", "a' OR '1'='1"]
    for name in names:
        await put(records, name, {"name": name})
    for name in names:
        found = await records.get_definition(name)
        assert found is not None
        assert found.document == {"name": name}


async def test_templates_have_versions_and_a_name_space_of_their_own(records: Records) -> None:
    await put(records, "greeting")
    assert await records.get_template("greeting") is None
    assert await records.put_template("greeting", "Hello {{ name }}", "ann") == 1
    assert await records.put_template("greeting", "Hello {{ name }}", "ann") == 1
    assert await records.put_template("greeting", "Dear {{ name }}", "bob") == 2
    newest, first = await records.get_template("greeting"), await records.get_template("greeting", 1)
    assert newest is not None
    assert first is not None
    assert (newest.version, newest.text, newest.author) == (2, "Dear {{ name }}", "bob")
    assert (first.version, first.text) == (1, "Hello {{ name }}")
    assert [one.id for one in (await records.list_definitions()).items] == ["greeting"]


async def test_a_template_of_a_tenant_is_not_seen_by_another(records: Records) -> None:
    await records.put_template("greeting", "Hello", tenant="acme")
    assert await records.get_template("greeting", tenant="acme")
    assert await records.get_template("greeting", tenant="other") is None
    assert await records.get_template("greeting") is None
