"""How a run ended, as one document, whichever way Temporal says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from temporalio.client import WorkflowExecution, WorkflowFailureError
from temporalio.exceptions import ActivityError, ApplicationError, CancelledError, TerminatedError

from faber.contract.delivery import RunResult
from faber.errors import BudgetExceeded, RunCancelled, WorkflowError

TERMINATED = "TERMINATED"
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Failure:
    """What a failed execution left: its result document, and the state that a retry goes on from."""

    message: str
    code: str
    details: dict[str, Any] = field(default_factory=dict)
    carried: dict[str, Any] | None = None

    @property
    def result(self) -> RunResult | None:
        return self.document(RunResult)

    def document(self, model: type[M]) -> M | None:
        """None for a failure without our document: what a refused input lists there are its problems."""
        try:
            return model.model_validate(self.details) if self.details else None
        except ValidationError:
            return None


def read_failure(error: WorkflowFailureError) -> Failure:
    """An ApplicationError of ours has [result document, carried state] as its details."""
    cause: BaseException | None = error.cause
    while isinstance(cause, ActivityError):
        cause = cause.cause
    if isinstance(cause, CancelledError):
        return Failure("cancelled", RunCancelled.code)
    if isinstance(cause, TerminatedError):
        return Failure(cause.message, TERMINATED)
    if not isinstance(cause, ApplicationError):
        return Failure(str(cause), type(cause).__name__)
    details = [detail for detail in cause.details if isinstance(detail, dict)]
    return Failure(
        cause.message,
        cause.type or "UNKNOWN",
        details=details[0] if details else {},
        carried=details[1] if len(details) > 1 else None,
    )


def bare_result(failure: Failure, execution: WorkflowExecution, shown: Mapping[str, Any]) -> RunResult:
    """The document of a run that ended without writing one, from what Temporal itself keeps of it."""
    found = attributes(execution)
    return RunResult(
        workflow_id=execution.id,
        work_id=found.get("FaberWorkId") or "",
        status="failed",
        completed_phases=shown.get("completed_phases") or [],
        pr_url=shown.get("pr_url"),
        error=failure.message,
        error_code=failure.code,
        error_phase=shown.get("error_phase") or found.get("FaberPhase"),
        cost_usd=found.get("FaberCostUsd") or 0.0,
        branch_name=shown.get("branch_name"),
        temporal_run_id=execution.run_id,
        started_at=execution.start_time.isoformat(),
        ended_at=execution.close_time.isoformat() if execution.close_time else "",
    )


def attributes(execution: WorkflowExecution) -> dict[str, Any]:
    return {pair.key.name: pair.value for pair in execution.typed_search_attributes}


def raise_for(result: RunResult) -> None:
    """Raises what a failed result stands for: RunCancelled, BudgetExceeded or WorkflowError, each with the
    document as `details["result"]`."""
    if result.status == "completed":
        return
    message = result.error or "the run failed without a reason"
    if result.error_code == BudgetExceeded.code or message.startswith("Budget exceeded"):
        raise BudgetExceeded(_budget_text(message, result), result=result)
    if result.error_code in (RunCancelled.code, TERMINATED) or message.startswith("cancelled by"):
        raise RunCancelled(message, result=result)
    raise WorkflowError(message, result=result)


def _budget_text(message: str, result: RunResult) -> str:
    # The text is a contract: callers search stderr for it.
    if message.startswith("Budget exceeded"):
        return message
    return f"Budget exceeded: ${result.cost.spent_usd:.2f} / ${result.cost.limit_usd or 0:.2f}"
