"""What resumes a waiting run of a definition: a form's inputs, or approvals, as the gates know them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from faber.contract.definition_runs import DefinitionStatus, FormAnswer
from faber.contract.delivery import Decision, GateView, WaitingOn
from faber.errors import Conflict
from http_api.callers import Forbidden, Role
from http_api.parts import Body, RequestId
from http_api.problems import Refused
from http_api.reach import Visit

Comment = Annotated[str, Field(max_length=20_000)]


class Approval(Body):
    """Who approves is the caller, whatever else is known of them."""

    step_id: str = Field(min_length=1, max_length=200)
    approved: bool
    comment: Comment = ""


class ResumeBody(Body):
    """Exactly one of `inputs`, `approvals` and `approval`. `comments` goes with `approval`, which answers the one gate
    that is open; `step_id` names the form when several wait."""

    inputs: dict[str, Any] | None = None
    approvals: list[Approval] | None = Field(default=None, min_length=1, max_length=100)
    approval: bool | None = None
    comments: Comment = ""
    step_id: str | None = Field(default=None, max_length=200)
    request_id: RequestId = None


class Resumed(BaseModel):
    """The gates as they stand after the answer."""

    run_id: str
    gates: list[GateView]


async def resume(visit: Visit, status: DefinitionStatus, body: ResumeBody) -> Resumed:
    """Errors: Refused, Forbidden, Conflict, WorkflowError."""
    given = [name for name in ("inputs", "approvals", "approval") if getattr(body, name) is not None]
    if len(given) != 1:
        found = ", ".join(given) or "none of them"
        raise Refused(
            400, "NOT_ONE_ANSWER", f"give exactly one of inputs, approvals and approval; got {found}"
        )
    if not status.waiting_on:
        raise Conflict(f"{status.run_id} does not wait for anything: it is {status.status}")
    if body.inputs is not None:
        return Resumed(run_id=status.run_id, gates=[await _submit(visit, status.run_id, body)])
    _require(visit, "approver")
    faber = await visit.faber()
    gates = [await faber.decide(status.run_id, decision) for decision in _decisions(status, body)]
    return Resumed(run_id=status.run_id, gates=gates)


async def _submit(visit: Visit, run_id: str, body: ResumeBody) -> GateView:
    _require(visit, "operator")
    answer = FormAnswer(values=body.inputs, request_id=body.request_id, step_id=body.step_id)
    return await (await visit.faber()).definitions.submit_form(run_id, answer)


def _require(visit: Visit, role: Role) -> None:
    if not visit.caller.may(role):
        raise Forbidden(f"{visit.caller.name} may not do that: it needs the role {role}")


def _decisions(status: DefinitionStatus, body: ResumeBody) -> list[Decision]:
    """All of them, before any is given."""
    if body.approvals is None:
        return [_decision(_asked(status, body), body.approval is True, body.comments)]
    return [
        _decision(_gate(status, approval.step_id), approval.approved, approval.comment)
        for approval in body.approvals
    ]


def _decision(gate: WaitingOn, approved: bool, comment: str) -> Decision:
    word = "approve" if approved else "reject"
    return Decision.model_validate({"decision": word, "request_id": gate.request_id, "comment": comment})


def _asked(status: DefinitionStatus, body: ResumeBody) -> WaitingOn:
    """The gate of that request, or step, or the only one that is open."""
    gates = [
        gate
        for gate in status.waiting_on
        if body.request_id in (None, gate.request_id) and body.step_id in (None, gate.gate)
    ]
    if len(gates) != 1:
        names = ", ".join(gate.gate for gate in status.waiting_on)
        raise Conflict(f"it is not plain which gate is meant: give step_id or request_id; open: {names}")
    return gates[0]


def _gate(status: DefinitionStatus, step_id: str) -> WaitingOn:
    for gate in status.waiting_on:
        if gate.gate == step_id:
            return gate
    names = ", ".join(gate.gate for gate in status.waiting_on)
    raise Conflict(f"{status.run_id} does not wait for an approval of {step_id!r}; open: {names}")
