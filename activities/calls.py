"""A model call that is never paid for twice: its intent is written before it, its answer before anybody sees it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

from temporalio import activity

from activities.attempts import Attempts, lease_for
from activities.events import Prompted, asking, weighed
from adapters.journal import Journal
from adapters.models import Model, ModelAnswer, ModelRequest
from adapters.prices import cost_of
from adapters.telemetry import Attribute
from faber.contract.money import Price, Usage
from faber.contract.turns import Spend, SpentRequest
from faber.errors import LLMError


class PaidCalls:
    """`owner` names this worker process, so that a lease tells who held it."""

    def __init__(self, model: Model, journal: Journal, attempts: Attempts, owner: str) -> None:
        self._model = model
        self._journal = journal
        self._attempts = attempts
        self._owner = owner

    async def answer(
        self,
        key: str,
        request: ModelRequest,
        price: Price,
        reserved_microusd: int,
        repair: int,
        prompted: Prompted | None = None,
    ) -> tuple[ModelAnswer, Spend]:
        """The stored answer to exactly this request, or a new call. Errors: LLMError with `spend` in details.

        `repair` counts how often a person mended this run: what failed before that is booked already. `prompted` is
        for those who watch."""
        digest = hashlib.sha256(request.model_dump_json().encode()).hexdigest()
        slot, log = f"{key}/{digest}", f"{key}/{digest}/calls-{repair}"
        answer = await self._attempts.join(
            slot, lambda: self._call(slot, log, request, price, reserved_microusd, prompted or Prompted())
        )
        return answer, tally(self._journal.load(log), reserved_microusd, answer)

    async def _call(
        self,
        slot: str,
        log: str,
        request: ModelRequest,
        price: Price,
        reserved: int,
        prompted: Prompted,
    ) -> ModelAnswer:
        stored = self._journal.load(f"{slot}/answer")
        if stored is not None:
            return ModelAnswer.model_validate_json(stored)
        attempt = activity.info().attempt
        lease = lease_for(slot, self._owner)
        self._journal.take_lease(*lease)
        self._note(log, state="sent", attempt=attempt)
        again = replace(prompted, retry_count=prompted.retry_count + attempt - 1)
        with asking(request.model, again, attributes=weighed("request", request.model_dump_json())) as asked:
            try:
                answer = await self._model.answer(request)
            except LLMError as error:
                booking = booked(error, price, reserved)
                asked.failed(error.kind, billed(error), booking["cost"])
                self._note(log, state="failed", attempt=attempt, **booking)
                # What may have been billed took its reservation with it: another try needs one of its own.
                error.details["paid"] = booking["cost"] > 0
                error.details["spend"] = tally(self._journal.load(log), reserved, None).model_dump()
                raise
            answer.cost_microusd = cost_of(price, answer.usage)
            answer.priced = price.priced
            asked.answered(answer.usage, answer.cost_microusd, told_of(answer))
        # An attempt that lost its lease would overwrite what the newer one has paid for.
        self._journal.save(f"{slot}/answer", answer.model_dump_json(), lease=lease)
        return answer

    def spent(self, request: SpentRequest) -> Spend | None:
        """What is known of a call whose own activity will not tell any more. None when this host knows nothing of it:
        it was made elsewhere, or not at all."""
        ending = f"/calls-{request.repair}"
        logs = [key for key in self._journal.keys(request.call) if key.endswith(ending)]
        if not logs:
            return None
        told = [self._tally_of(log, log.removesuffix(ending), request.reserved_microusd) for log in logs]
        return Spend(
            calls=sum(one.calls for one in told),
            wasted_calls=sum(one.calls for one in told),
            wasted_microusd=sum(one.cost_microusd + one.wasted_microusd for one in told),
            estimated=any(one.estimated for one in told),
        )

    def _tally_of(self, log: str, slot: str, reserved_microusd: int) -> Spend:
        stored = self._journal.load(f"{slot}/answer")
        answer = None if stored is None else ModelAnswer.model_validate_json(stored)
        return tally(self._journal.load(log), reserved_microusd, answer)

    def _note(self, log: str, **note: Any) -> None:
        self._journal.append(log, json.dumps(note))


def booked(error: LLMError, price: Price, reserved_microusd: int) -> dict[str, Any]:
    """What a failed call is booked at: nothing when it was refused, its usage when it was billed, and the worst
    case when nobody can know (cut or timed out after it was sent)."""
    if error.details.get("reached") is False:
        return {"cost": 0, "unsent": True}
    if error.kind in {"TIMEOUT", "NETWORK_ERROR"}:
        return {"cost": reserved_microusd, "estimated": True}
    usage = billed(error)
    return {"cost": cost_of(price, usage), "estimated": usage.estimated}


def billed(error: LLMError) -> Usage:
    return Usage.model_validate(error.details.get("usage") or Usage())


def told_of(answer: ModelAnswer) -> dict[str, Attribute | None]:
    """What its span says of an answer: everything but the answer."""
    return {
        "gen_ai.response.id": answer.request_id,
        "gen_ai.response.model": answer.model_version,
        "gen_ai.response.finish_reason": answer.finish_reason,
        **weighed("response", answer.text or json.dumps(answer.structured)),
    }


def tally(log: str | None, reserved_microusd: int, answer: ModelAnswer | None) -> Spend:
    """The spend over every attempt of one call, from its log. A stored answer ends the last call that was sent;
    any other call without an end was lost in a crash."""
    calls = wasted = cost = 0
    estimated = False
    if answer is not None and not log:
        # It was heard before a person mended the run, or tried it again: its attempt failed afterwards.
        calls, open_calls = 1, 0
    else:
        open_calls = 0 if answer is None else -1
    for note in (json.loads(line) for line in (log or "").splitlines() if line):
        if note["state"] == "sent":
            open_calls += 1
            calls += 1
            continue
        open_calls -= 1
        if note["state"] == "failed":
            calls -= bool(note.get("unsent"))
            wasted += not note.get("unsent")
            cost += note["cost"]
            estimated = estimated or bool(note.get("estimated"))
    spend = Spend(
        calls=calls,
        wasted_calls=wasted + open_calls,
        wasted_microusd=cost + open_calls * reserved_microusd,
        estimated=estimated or open_calls > 0,
    )
    if answer is not None:
        spend.usage = answer.usage
        spend.cost_microusd = answer.cost_microusd
        spend.priced = answer.priced
        spend.estimated = spend.estimated or answer.usage.estimated
    return spend
