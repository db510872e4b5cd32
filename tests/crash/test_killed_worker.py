"""kill -9 of the worker in every phase, and at each of the moments that are hardest to survive."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

import psutil
import pytest

from faber.contract.names import PHASES, Phase
from tests.crash.conftest import Begin
from tests.crash.outcome import delivers_once, ends_as_if_nothing_happened, marked
from tests.crash.processes import is_gone
from tests.waiting import eventually

Case = TypeVar("Case")


async def at_once(play: Callable[[Case], Awaitable[None]], cases: Iterable[Case]) -> None:
    """Side by side, because most of a crash is waiting for heartbeats; a failure names its case."""

    async def one(case: Case) -> None:
        try:
            await play(case)
        except AssertionError as error:
            error.add_note(f"in the case of {case!r}")
            raise

    async with asyncio.TaskGroup() as group:
        for case in cases:
            group.create_task(one(case))


async def test_a_kill_at_any_moment_of_each_phase_is_survived(begin: Begin) -> None:
    async def killed_in(phase: Phase) -> None:
        async with begin() as stage:
            await eventually(lambda: stage.provider.asked(phase), f"{phase} began", 60)
            await stage.kill("worker")
            await stage.restore("worker")
            await ends_as_if_nothing_happened(stage, kills_amid_calls=1)

    await at_once(killed_in, PHASES)


async def test_a_call_that_was_under_way_is_made_once_more_and_both_are_booked(begin: Begin) -> None:
    async with begin(held_call="build") as stage:
        await eventually(lambda: stage.provider.asked("build") == 1, "the call was under way")
        await stage.kill("worker")
        await stage.restore("worker")
        await eventually(lambda: stage.provider.asked("build") == 2, "the call was made again")
        stage.provider.answer_those_held()
        await ends_as_if_nothing_happened(stage, lost_calls=1)


@pytest.mark.parametrize("program", ["second", "check"])
async def test_a_tool_or_check_under_way_dies_with_its_descendants_and_has_one_effect(
    begin: Begin, program: str
) -> None:
    """`second` is a tool that two others came before in the same turn."""
    async with begin(hold=program) as stage:
        turnstile = stage.turnstile
        await eventually(lambda: turnstile.waiting(program), f"{program} was under way")
        family = tree_of(stage.handle.id)
        await stage.kill("worker")
        await eventually(lambda: turnstile.died[program] == 1, f"{program} was ended", 5)
        await eventually(lambda: all(map(is_gone, family)), f"all below {program} was ended", 5)
        await stage.restore("worker")
        await eventually(lambda: turnstile.waiting(program), f"{program} was begun again")
        turnstile.let_through(program)
        await ends_as_if_nothing_happened(stage)
        others = {"first", "second", "check"} - {program}
        assert {name: turnstile.came[name] for name in others} == dict.fromkeys(others, 1)


def tree_of(run_id: str) -> list[psutil.Process]:
    """What bears the run's mark, and all below it: a descendant may have cleared its environment."""
    return [process for one in marked(run_id) for process in (one, *one.children(recursive=True))]


async def test_a_coding_agents_session_under_way_dies_and_is_resumed_or_begun_anew(begin: Begin) -> None:
    async def killed(resumes: bool) -> None:
        command = ["python", "-B", "agent.py", "{session}"]
        agent: dict[str, Any] = {"preset": "command", "command": command}
        if resumes:
            agent["resume_command"] = [*command, "go on"]
        async with begin(hold="second", agent={"build": agent}) as stage:
            turnstile = stage.turnstile
            await eventually(lambda: turnstile.waiting("second"), "the session was under way")
            family = tree_of(stage.handle.id)
            await stage.kill("worker")
            await eventually(lambda: all(map(is_gone, family)), "all of the session was ended", 5)
            turnstile.let_through("second")
            await stage.restore("worker")
            result = await delivers_once(stage)
            assert (turnstile.came["first"], turnstile.came["second"]) == ((1, 1) if resumes else (2, 2))
            (build,) = (line for line in result.cost.by_phase if line.name == "build")
            assert (build.calls, build.wasted_calls) == (2, 1)

    await at_once(killed, (False, True))


async def test_an_open_gate_is_open_after_the_restart_and_nobody_is_asked_twice(begin: Begin) -> None:
    async with begin(autonomy="assisted") as stage:
        await stage.approve("architect")
        before = await stage.gate("release")
        await stage.kill("worker")
        await stage.restore("worker")
        assert (await stage.gate("release")).request_id == before.request_id
        await stage.approve("release")
        result = await ends_as_if_nothing_happened(stage)
        assert [view.name for view in result.decisions] == ["architect", "release"]


async def test_what_was_pushed_and_not_yet_recorded_is_not_pushed_again(begin: Begin) -> None:
    """By `claim` a run takes its work item, by `settle` it keeps the outcome there; `push` is its branch."""

    async def killed_after(pushed: str) -> None:
        async with begin(hold=pushed) as stage:
            await eventually(lambda: stage.turnstile.waiting(pushed), f"the origin had the {pushed}")
            await stage.kill("worker")
            await stage.restore("worker")
            stage.turnstile.let_through(pushed)
            await ends_as_if_nothing_happened(stage)
            pushes = {name: stage.turnstile.came[name] for name in ("claim", "push", "settle")}
            assert pushes == {"claim": 1, "push": 1, "settle": 1}

    await at_once(killed_after, ("claim", "push", "settle"))
