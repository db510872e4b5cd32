"""What a model call leaves in the journal, and what is booked of it whatever happened in between."""

from __future__ import annotations

import json

import pytest
from temporalio.testing import ActivityEnvironment

from activities.attempts import Attempts
from activities.calls import PaidCalls
from adapters.journal.in_memory import InMemoryJournal
from adapters.models import Message, ModelAnswer, ModelRequest
from faber.contract.money import Price, Usage
from faber.contract.turns import Spend
from faber.errors import LLMError

PRICE = Price(model="p:m", input=1_000_000, output=2_000_000)
REQUEST = ModelRequest(
    model="p:m", system="s", messages=[Message(role="user", text="hello")], max_output_tokens=100
)
RESERVED = 5_000


class Prepared:
    """Answers or raises what it was given, one after the other, and counts."""

    def __init__(self, *answers: ModelAnswer | LLMError) -> None:
        self.answers = list(answers)
        self.calls = 0

    async def answer(self, request: ModelRequest) -> ModelAnswer:
        self.calls += 1
        answer = self.answers.pop(0)
        if isinstance(answer, LLMError):
            raise answer
        return answer


ANSWER = ModelAnswer(text="hi", usage=Usage(input_tokens=10, output_tokens=5))


async def call(journal: InMemoryJournal, model: Prepared, repair: int = 0) -> Spend:
    calls = PaidCalls(model, journal, Attempts(), "worker")
    _, spend = await ActivityEnvironment().run(
        calls.answer, "run/build/1/1", REQUEST, PRICE, RESERVED, repair
    )
    return spend


async def test_an_answer_is_priced_counted_and_never_asked_for_again() -> None:
    journal, model = InMemoryJournal(), Prepared(ANSWER)
    first, second = await call(journal, model), await call(journal, model)
    assert model.calls == 1
    assert first == second
    assert (first.calls, first.cost_microusd, first.wasted_calls) == (1, 20, 0)


async def test_a_call_that_was_lost_in_a_crash_is_booked_at_its_worst_case() -> None:
    journal, model = InMemoryJournal(), Prepared(ANSWER)
    await call(journal, model)
    [answer] = [key for key in journal.keys("run") if key.endswith("/answer")]
    journal.delete(answer)
    journal.append(answer.replace("/answer", "/calls-0"), json.dumps({"state": "sent", "attempt": 2}))
    again = await call(journal, Prepared(ANSWER))
    assert (again.calls, again.wasted_calls, again.wasted_microusd) == (3, 2, 2 * RESERVED)
    assert again.estimated


@pytest.mark.parametrize(
    ("error", "wasted_calls", "wasted"),
    [
        (LLMError("SERVER_ERROR", "500"), 1, 0),
        (LLMError("TIMEOUT", "no answer"), 1, RESERVED),
        (LLMError("NETWORK_ERROR", "cut"), 1, RESERVED),
        (LLMError("NETWORK_ERROR", "refused", reached=False), 0, 0),
        (LLMError("INVALID_RESPONSE", "empty", usage=Usage(input_tokens=4)), 1, 4),
        (LLMError("INVALID_RESPONSE", "a page", reached=False), 0, 0),
    ],
    ids=lambda value: getattr(value, "kind", str(value)),
)
async def test_a_failed_call_is_booked_at_what_it_may_have_cost(
    error: LLMError, wasted_calls: int, wasted: int
) -> None:
    journal = InMemoryJournal()
    with pytest.raises(LLMError) as raised:
        await call(journal, Prepared(error))
    told = Spend.model_validate(raised.value.details["spend"])
    assert (told.wasted_calls, told.wasted_microusd) == (wasted_calls, wasted)
    after = await call(journal, Prepared(ANSWER))
    assert after.calls == wasted_calls + 1
    assert after.wasted_microusd == wasted


async def test_what_failed_before_a_repair_is_not_booked_a_second_time() -> None:
    journal = InMemoryJournal()
    with pytest.raises(LLMError):
        await call(journal, Prepared(LLMError("AUTH_ERROR", "expired")))
    repaired = await call(journal, Prepared(ANSWER), repair=1)
    assert (repaired.calls, repaired.wasted_calls) == (1, 0)


async def test_an_answer_that_was_heard_before_the_run_was_mended_is_booked_once_and_not_asked_for_again() -> (
    None
):
    journal, model = InMemoryJournal(), Prepared(ANSWER)
    await call(journal, model)
    mended = await call(journal, model, repair=1)
    assert model.calls == 1
    assert (mended.calls, mended.cost_microusd, mended.wasted_calls, mended.wasted_microusd) == (1, 20, 0, 0)
