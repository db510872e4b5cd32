"""A `FaberRun` that does what its work id says, with the real one's gates, documents and failures."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from faber.contract.delivery import (
        BudgetRaise,
        CostSummary,
        Decision,
        GateKind,
        GateView,
        Pause,
        RunInput,
        RunResult,
        Status,
        WaitingOn,
    )
    from faber.contract.names import PHASES, Phase

PHASE = SearchAttributeKey.for_keyword("FaberPhase")
PROJECT = SearchAttributeKey.for_keyword("FaberProject")
WORK_ID = SearchAttributeKey.for_keyword("FaberWorkId")
WAITING = SearchAttributeKey.for_keyword_list("FaberWaitingOn")
COST = SearchAttributeKey.for_float("FaberCostUsd")
NOTES = 2000


@workflow.defn(name="FaberRun")
class FaberRun:
    """`approve-*` waits for an approval, `budget-*` for money, `repair-*` for a repair; `spent-*` and `fails-*` fail,
    `parked-*` runs until it is cancelled, `noisy-*` has thousands of notes; anything else completes."""

    @workflow.init
    def __init__(self, input: RunInput | None = None) -> None:
        if input is None:
            raise ApplicationError("input required", type="InputRequired", non_retryable=True)
        self.input = input
        self.phase: Phase = "architect"
        self.completed: list[Phase] = ["frame"]
        self.gates: dict[str, GateView] = {}
        self.decided: list[GateView] = []
        self.error: str | None = None
        self.outcome: str | None = None
        self.notes = [f"note {number} {'x' * 40}" for number in range(NOTES)] if self.kind == "noisy" else []

    @property
    def kind(self) -> str:
        return self.input.work_id.partition("-")[0]

    @workflow.run
    async def run(self, input: RunInput | None = None) -> RunResult:
        self._publish()
        try:
            result = await self._story()
        except (Exception, asyncio.CancelledError):
            # Not in a `finally`: a run that is open when its worker ends is only put away.
            self._publish()
            raise
        self._publish()
        return result

    async def _story(self) -> RunResult:
        if self.kind == "approve":
            await self._gate("architect", "approval", "specification specs/1.md")
        elif self.kind == "budget":
            await self._gate("budget", "budget", "Budget approval required at 90%: $9.10 / $10.00")
        elif self.kind == "repair":
            await self._gate("manual_fix", "manual_fix", "build: the key has expired")
        elif self.kind == "parked":
            await workflow.wait_condition(lambda: False, timeout=timedelta(hours=1))
        elif self.kind == "spent":
            raise self._failure("BUDGET_EXCEEDED", "Budget exceeded: $12.00 / $10.00")
        elif self.kind == "fails" and not self.input.resume:
            raise self._failure("CHECKS_FAILED", "the checks failed")
        self.completed = list(PHASES)
        self.phase = "release"
        return self._document("completed")

    async def _gate(self, name: str, kind: GateKind, what: str) -> None:
        self._open(name, kind, what)
        self._publish()
        await workflow.wait_condition(lambda: name not in self.gates)
        if self.decided[-1].decision == "reject":
            raise self._failure(
                "REJECTED", f"rejected by {self.decided[-1].actor}: {self.decided[-1].comment}"
            )
        self._publish()

    def _open(self, name: str, kind: GateKind, what: str) -> GateView:
        view = GateView(
            name=name,
            kind=kind,
            round=1,
            request_id=f"{name}-1-0badcafe",
            opened_at=workflow.now().isoformat(),
            what=what,
        )
        self.gates[name] = view
        return view

    def _failure(self, code: str, message: str) -> ApplicationError:
        self.error, self.outcome = message, "failed"
        document = self._document("failed").model_copy(update={"error_code": code})
        return ApplicationError(
            message,
            document.model_dump(mode="json"),
            {"why": "retry", "state": {"spent": 12}},
            type=code,
            non_retryable=True,
        )

    def _document(self, status: Any) -> RunResult:
        self.outcome = self.outcome or status
        return RunResult(
            workflow_id=workflow.info().workflow_id,
            work_id=self.input.work_id,
            status=status,
            completed_phases=self.completed,
            pr_url="file:///pulls/1" if status == "completed" else None,
            error=self.error,
            error_phase=self.phase if self.error else None,
            cost_usd=1.25,
            notes=[str(self.input.resume)] if self.input.resume else [],
        )

    def _publish(self) -> None:
        waiting = [f"{gate.kind}:{gate.name}" for gate in self.gates.values()]
        workflow.upsert_search_attributes(
            [
                PHASE.value_set(self.phase),
                PROJECT.value_set(self.input.project or ""),
                WORK_ID.value_set(self.input.work_id),
                COST.value_set(1.25),
                WAITING.value_set(waiting) if waiting else WAITING.value_unset(),
            ]
        )
        shown = {
            "completed_phases": self.completed,
            "error": self.error,
            "error_phase": self.error and self.phase,
        }
        workflow.upsert_memo({"faber": shown})

    @workflow.query
    def status(self) -> Status:
        run_id = workflow.info().workflow_id
        return Status(
            run_id=run_id,
            work_id=self.input.work_id,
            project=self.input.project or "",
            status=self.outcome or ("waiting" if self.gates else "running"),
            current_phase=self.phase,
            completed_phases=self.completed,
            waiting_on=[self._waiting(run_id, gate) for gate in self.gates.values()],
            decided=self.decided,
            cost=CostSummary(spent_usd=1.25, limit_usd=self.input.budget_usd or 10.0),
            cost_usd=1.25,
            started_at=workflow.info().start_time.isoformat(),
            error=self.error,
            options=self.input.model_dump(mode="json", exclude={"resume", "started_by", "work_id"}),
            notes=self.notes,
        )

    @staticmethod
    def _waiting(run_id: str, gate: GateView) -> WaitingOn:
        return WaitingOn(
            gate=gate.name,
            kind=gate.kind,
            request_id=gate.request_id,
            what=gate.what,
            since=gate.opened_at,
            by_itself="nothing: it waits until it is answered",
            command=f"python -m faber.api approve {run_id} --request {gate.request_id}",
            temporal_command="",
        )

    @workflow.query
    def result(self) -> RunResult:
        return self._document("failed")

    @workflow.update
    async def decide(self, decision: Decision) -> GateView:
        return self._take(decision)

    def _take(self, decision: Decision) -> GateView:
        gate = self._asked(decision)
        answered = gate.model_copy(
            update={
                "decision": decision.decision,
                "actor": decision.actor,
                "via": decision.via,
                "comment": decision.comment,
                "bound": decision.request_id is not None,
            }
        )
        self.decided.append(answered)
        del self.gates[gate.name]
        return answered

    @decide.validator
    def _check(self, decision: Decision) -> None:
        self._asked(decision)

    def _asked(self, decision: Decision) -> GateView:
        for gate in self.gates.values():
            if decision.request_id in (None, gate.request_id):
                return gate
        raise ApplicationError(f"stale: {decision.request_id} is not open", type="STALE")

    @workflow.update
    async def raise_budget(self, budget: BudgetRaise) -> GateView:
        return self._take(
            Decision(decision="approve", request_id=budget.request_id, actor=budget.actor, via=budget.via)
        )

    @workflow.update
    async def pause(self, pause: Pause) -> GateView:
        return self._open("pause", "pause", f"paused by {pause.actor}")

    @workflow.update
    async def resume(self, pause: Pause) -> GateView:
        return self._take(Decision(decision="approve", actor=pause.actor, via=pause.via))
