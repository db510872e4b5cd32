"""Several things at once in a run whose history may grow long: it begins a new one when nothing is under way."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from temporalio import workflow

from domain.gates import Gate
from faber.contract.delivery import GateView
from workflows.commands import command
from workflows.desk import Desk, heed_cancel
from workflows.together import together

PATCH = "turn-over-amid-branches"
LARGEST_CARRIED = 1_900_000
"""Temporal takes two megabytes; a run that has more to carry goes on in the history that it has."""


class Splitting(Desk):
    """What is under way does not rest between two steps. `held` counts what waits for a person, which may be for days:
    meanwhile nobody rests. A question is never carried over amid branches, where it could be answered before its
    step is come to again."""

    under_way = 1
    held = 0
    too_large = False
    may_rest: bool | None = None

    async def split(self, work: list[Coroutine[Any, Any, None]]) -> None:
        """All of it at once. What failed stays under way until that has been heard."""
        left = len(work)
        self.under_way += left - 1

        async def one(part: Coroutine[Any, Any, None]) -> None:
            nonlocal left
            await part
            left -= 1
            self.under_way -= 1

        try:
            await together([one(part) for part in work])
        finally:
            self.under_way += 1 - left

    async def answer_to(self, gate: Gate) -> GateView:
        self.held += 1
        try:
            return await super().answer_to(gate)
        finally:
            self.held -= 1

    async def rest(self) -> None:
        """Between two steps of a branch, or two items of a list: when the history has grown long, a fresh one is
        started as soon as all the others rest too."""
        if not self._is_long():
            return
        if self.may_rest is None:
            command()
            # What began before this was so went on here, however long its history.
            self.may_rest = workflow.patched(PATCH)
        while self.may_rest and self._is_long():
            self.under_way -= 1
            try:
                await workflow.wait_condition(lambda: self._is_quiet(0) or not self._is_long())
            finally:
                self.under_way += 1
            # Another one may have been woken before.
            if self._is_long() and self._is_quiet(1):
                self._turn_over()

    def _turn_over(self) -> None:
        heed_cancel()
        going_on = self.input.going_on(self.carried("continue"))
        if len(going_on.model_dump_json()) > LARGEST_CARRIED:
            self.too_large = True
            return
        workflow.continue_as_new(going_on)

    def _is_long(self) -> bool:
        return workflow.info().is_continue_as_new_suggested() and not self.held and not self.too_large

    def _is_quiet(self, under_way: int) -> bool:
        return self.under_way == under_way and workflow.all_handlers_finished()
