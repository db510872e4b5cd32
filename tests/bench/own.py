"""FABER's side where no product workflow is as bare as its raw twin: asking an activity, deciding in workflow code."""

from __future__ import annotations

from datetime import timedelta

from temporalio import activity, workflow

with workflow.unsafe.imports_passed_through():
    from domain.gates import Gates
    from domain.ledger import Ledger
    from faber.contract.delivery import Decision
    from faber.contract.money import Usage
    from tests.bench.raw import Steps, Word, reversed_word
    from workflows.asking import asked
    from workflows.presets import QUICK

QUEUE = "bench-faber"
ACTIVITY_QUEUE = "bench-faber-activities"


class Own:
    @activity.defn(name="own_step")
    async def step(self, word: Word) -> Word:
        return reversed_word(word)


@workflow.defn
class OwnSteps:
    """An activity is asked as every activity of a delivery run is: `asked`, a preset, heartbeats."""

    @workflow.run
    async def run(self, steps: Steps) -> None:
        for _ in range(steps.remote):
            await asked(Own.step, Word(), QUICK, steps.queue, "a step")
        for _ in range(steps.local):
            await workflow.execute_local_activity_method(
                Own.step, Word(), start_to_close_timeout=timedelta(seconds=30)
            )
        for _ in range(steps.pure):
            decided()


def decided() -> None:
    """What a delivery run decides between two activities: a call reserved and settled, a gate asked and answered."""
    ledger, gates = Ledger(limit_microusd=10_000_000), Gates()
    if not ledger.needs_approval(1_000) and ledger.reserve("build/1/1", "build", "a:b", 1_000):
        ledger.settle("build/1/1", cost=900, usage=Usage(input_tokens=300), calls=1, priced=True)
    now = workflow.now()
    gate = gates.open_gate(
        "architect", kind="approval", what="a specification", opened_at=now, subject={"specification": "0"}
    )
    answer = Decision(decision="approve", request_id=gate.request_id, actor="bench")
    gates.check(answer)
    gates.decide(answer, now)
