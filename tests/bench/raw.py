"""The other side of every ratio: workflows as anybody would write them with the SDK alone."""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel
from temporalio import activity, workflow
from temporalio.common import SearchAttributeKey

QUEUE = "bench-raw"
ACTIVITY_QUEUE = "bench-raw-activities"
TIMEOUT = timedelta(seconds=30)
PHASE = SearchAttributeKey.for_keyword("FaberPhase")


class Steps(BaseModel):
    """How many activities, calls of `url`, local activities and steps in workflow code, one after the other.

    `shown`: each call is named in a search attribute, so that a list of workflows tells where they are."""

    remote: int = 0
    calls: int = 0
    url: str = ""
    shown: bool = False
    local: int = 0
    pure: int = 0
    characters: int = 3
    queue: str = ACTIVITY_QUEUE


class Word(BaseModel):
    text: str = "abc"


def reversed_word(word: Word) -> Word:
    """The body of the one activity that both sides run."""
    return Word(text=word.text[::-1])


@activity.defn
async def step(word: Word) -> Word:
    return reversed_word(word)


@workflow.defn
class RawSteps:
    @workflow.run
    async def run(self, steps: Steps) -> None:
        for _ in range(steps.remote):
            await workflow.execute_activity(
                step, Word(), task_queue=steps.queue, start_to_close_timeout=TIMEOUT
            )
        for number in range(steps.calls):
            if steps.shown:
                workflow.upsert_search_attributes([PHASE.value_set(f"c{number}")])
            await workflow.execute_activity(
                "call", steps.url, task_queue=steps.queue, start_to_close_timeout=TIMEOUT
            )
        for _ in range(steps.local):
            await workflow.execute_local_activity(step, Word(), start_to_close_timeout=TIMEOUT)


@workflow.defn
class RawWait:
    """Waits for an update, then asks for one activity: the least that can be parked and answered. Beforehand, as many
    activities as it is told to."""

    def __init__(self) -> None:
        self._word: Word | None = None
        self._waits = False

    @workflow.run
    async def run(self, steps: Steps) -> None:
        for _ in range(steps.remote):
            said = Word(text="x" * steps.characters)
            await workflow.execute_activity(
                step, said, task_queue=steps.queue, start_to_close_timeout=TIMEOUT
            )
        self._waits = True
        await workflow.wait_condition(lambda: self._word is not None)
        await workflow.execute_activity(step, Word(), task_queue=steps.queue, start_to_close_timeout=TIMEOUT)

    @workflow.update
    async def go(self, word: Word) -> Word:
        self._word = word
        return word

    @workflow.update
    async def noted(self, word: Word) -> Word:
        return word

    @workflow.query
    def where(self) -> Word:
        return Word(text="waiting" if self._waits else "")


@workflow.defn(name="FaberRun")
class Nothing:
    """Stands in for a delivery run where only its start is measured; as `RawSteps` without a step."""

    @workflow.run
    async def run(self, given: dict[str, object]) -> None:
        return None
