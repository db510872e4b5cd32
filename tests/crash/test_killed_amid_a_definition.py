"""kill -9 of the worker, of the server and of both, amid every type of step that a definition has."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from tests.crash.conftest import Define
from tests.crash.defined import ANSWERS, APPROVERS, Defined, ends_as_if_nothing_happened
from tests.crash.test_absent_server import AWAY_S
from tests.crash.test_killed_worker import at_once
from tests.waiting import eventually

BOTH = frozenset({"/look"})


async def killed_and_restored(run: Defined) -> None:
    await run.kill("worker")
    await run.restore("worker")


async def killed_at_an_open_form(define: Define) -> None:
    """It is filled in while nobody is there to take it."""
    async with define() as run:
        before = await run.desk.waits(run.handle, "who")
        await run.kill("worker")
        answer = {"values": ANSWERS["who"], "request_id": before.request_id, "actor": "bob"}
        await run.handle.signal("submit_form", answer)
        await run.restore("worker")
        await ends_as_if_nothing_happened(run)


async def killed_at_a_condition(define: Define) -> None:
    """It is on its way, with whatever comes after it."""
    async with define() as run:
        await run.fill_in("who")
        await killed_and_restored(run)
        await ends_as_if_nothing_happened(run, kills_amid_calls=1, repeated=BOTH)


async def killed_amid_branches(define: Define) -> None:
    """One waits for a person, the other one's call is under way."""
    async with define() as run:
        run.hold_calls()
        await run.fill_in("who")
        before = await run.desk.waits(run.handle, "more")
        await eventually(lambda: run.asked("/look") == 1, "the call was under way")
        await killed_and_restored(run)
        assert (await run.desk.waits(run.handle, "more")).request_id == before.request_id
        await eventually(lambda: run.asked("/look") == 2, "the call was made again")
        run.answer_calls()
        await ends_as_if_nothing_happened(run, repeated=BOTH)


async def killed_amid_a_model_call(define: Define) -> None:
    async with define(held_model=True) as run:
        await run.fill_in("who")
        await eventually(lambda: run.provider.asked("text") == 1, "the model was asked")
        await eventually(lambda: run.heard("look"), "the other branch had its answer")
        await killed_and_restored(run)
        await eventually(lambda: run.provider.asked("text") == 2, "the model was asked again")
        run.provider.answer_those_held()
        await ends_as_if_nothing_happened(run, lost_calls=1, repeated=BOTH)


async def killed_amid_a_list(define: Define) -> None:
    async with define() as run:
        await run.fill_in("who")
        await eventually(lambda: run.heard("look"), "the branch had its answer")
        run.hold_calls()
        await run.fill_in("more")
        await eventually(lambda: run.asked("/each") == 2, "two items were under way")
        await killed_and_restored(run)
        await eventually(lambda: run.asked("/each") == 4, "both were asked again")
        run.answer_calls()
        await ends_as_if_nothing_happened(run, repeated=frozenset({"/each/a", "/each/b"}))


async def killed_at_an_open_approval(define: Define) -> None:
    """Between the two that must approve."""
    async with define() as run:
        for name in ("who", "more"):
            await run.fill_in(name)
        before = await run.desk.waits(run.handle, "sign")
        await run.desk.decide(run.handle, "sign", actor=APPROVERS[0])
        await killed_and_restored(run)
        again = await run.desk.waits(run.handle, "sign")
        assert again.request_id == before.request_id
        assert [vote.actor for vote in again.votes] == APPROVERS[:1]
        await ends_as_if_nothing_happened(run)


async def killed_at_its_last_call(define: Define) -> None:
    async with define() as run:
        for name in ("who", "more"):
            await run.fill_in(name)
        await run.desk.waits(run.handle, "sign")
        run.hold_calls()
        await run.sign()
        await eventually(lambda: run.asked("/told") == 1, "the call was under way")
        await killed_and_restored(run)
        await eventually(lambda: run.asked("/told") == 2, "the call was made again")
        run.answer_calls()
        await ends_as_if_nothing_happened(run, repeated=frozenset({"/told"}))


async def test_a_kill_amid_each_type_of_step_is_survived(define: Define) -> None:
    async def play(killed: Callable[[Define], Awaitable[None]]) -> None:
        await killed(define)

    await at_once(
        play,
        (
            killed_at_an_open_form,
            killed_at_a_condition,
            killed_amid_branches,
            killed_amid_a_model_call,
            killed_amid_a_list,
            killed_at_an_open_approval,
            killed_at_its_last_call,
        ),
    )


async def both_under_way(run: Defined) -> None:
    """A model call and a call of a service, neither of them answered."""
    run.hold_calls()
    await run.fill_in("who")
    await eventually(lambda: run.provider.asked("text") == 1, "the model was asked")
    await eventually(lambda: run.asked("/look") == 1, "the service was asked")


def answer_both(run: Defined) -> None:
    run.provider.answer_those_held()
    run.answer_calls()


async def test_answers_that_were_heard_and_not_yet_recorded_are_not_asked_for_again(define: Define) -> None:
    async with define(held_model=True) as run:
        await both_under_way(run)
        await run.kill("server")
        answer_both(run)
        await eventually(lambda: run.heard("text") and run.heard("look"), "both answers were kept")
        await run.kill("worker")
        await run.restore("server", "worker")
        await ends_as_if_nothing_happened(run)


async def test_both_killed_at_once_amid_calls_make_each_of_them_once_more(define: Define) -> None:
    async with define(held_model=True) as run:
        await both_under_way(run)
        await run.kill("worker", "server")
        await run.restore("worker", "server")
        await eventually(lambda: run.provider.asked("text") == 2, "the model was asked again")
        await eventually(lambda: run.asked("/look") == 2, "the service was asked again")
        answer_both(run)
        await ends_as_if_nothing_happened(run, lost_calls=1, repeated=BOTH)


async def test_calls_outlive_a_server_that_is_away_and_are_joined_by_the_next_attempt(define: Define) -> None:
    async with define(held_model=True) as run:
        await both_under_way(run)
        await run.kill("server")
        await asyncio.sleep(AWAY_S)
        await run.restore("server")

        async def again() -> bool:
            return await run.attempt() >= 2

        await eventually(again, "a second attempt was begun")
        answer_both(run)
        await ends_as_if_nothing_happened(run)


async def test_a_form_that_is_open_while_the_server_is_killed_is_filled_in_afterwards(define: Define) -> None:
    async with define() as run:
        before = await run.desk.waits(run.handle, "who")
        await run.kill("server")
        await run.restore("server")
        assert (await run.desk.waits(run.handle, "who")).request_id == before.request_id
        await ends_as_if_nothing_happened(run)
