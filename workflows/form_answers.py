"""Answers to a definition's forms, beside those to its gates: held against the form before they enter history."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from temporalio import workflow

from domain.definitions.forms import check
from domain.definitions.sizes import posing
from domain.gates import Gate, GateRefused
from domain.schema import problems_with
from faber.contract.definition_runs import FormAnswer
from faber.contract.definitions import FormConfig, FormField
from faber.contract.delivery import Decision, GateView
from workflows.answers import Answers, refusal
from workflows.course import Course

WORK = 40_000
"""A third of a second: Temporal takes a workflow that is busy for two for one that hangs, on a slow host too."""


class FormAnswers(Answers):
    def __init__(self, course: Course) -> None:
        super().__init__(course)
        self._course = course

    def check_form(self, answer: FormAnswer) -> None:
        try:
            self._accepted(answer)
        except GateRefused as error:
            raise refusal(error) from None

    def submit(self, answer: FormAnswer) -> GateView:
        """Errors: GateRefused."""
        gate, values = self._accepted(answer)
        if isinstance(gate, GateView):
            return gate
        state = self._course.state
        state.forms[gate.request_id] = values
        state.filled[gate.request_id] = digest(values)
        gate.allowed = ["approve"]
        decision = Decision(
            decision="approve", request_id=gate.request_id, actor=answer.actor, via=answer.via
        )
        view = state.gates.apply(decision, workflow.now())
        view.bound = answer.request_id is not None
        return view

    def submit_form(self, answer: FormAnswer) -> GateView:
        try:
            return self.submit(answer)
        except GateRefused as error:
            raise refusal(error) from None

    def _accepted(self, answer: FormAnswer) -> tuple[Gate | GateView, dict[str, Any]]:
        """The form that is answered and its clean values. Errors: GateRefused naming each field."""
        gates = self._course.state.gates
        view = None if answer.request_id is None else gates.view(answer.request_id)
        if view is None:
            gate = self._form(answer)
            return gate, _values(gate, answer.values)
        # One that was not filled in, by its deadline or by a person's word, is none any more.
        gates.check(Decision(decision="approve", request_id=view.request_id, actor=answer.actor))
        values = _values(gates.asked(view), answer.values)
        if self._course.state.filled.get(view.request_id, digest(values)) != digest(values):
            raise GateRefused(
                "ALREADY_DECIDED",
                f"{view.request_id} was filled in with other values by {view.actor} at {view.decided_at}",
            )
        return view, values

    def _form(self, answer: FormAnswer) -> Gate:
        """The open form. Errors: GateRefused."""
        gates = self._course.state.gates
        forms = [gate for gate in gates.open if gate.kind == "form" or "schema" in gate.subject]
        if answer.step_id is not None:
            forms = [gate for gate in forms if gate.name == answer.step_id]
        if answer.request_id is not None:
            forms = [gate for gate in forms if gate.request_id == answer.request_id]
        if len(forms) == 1:
            return forms[0]
        waiting = ", ".join(f"{gate.name} ({gate.request_id})" for gate in gates.open) or "nothing"
        if forms:
            raise GateRefused("AMBIGUOUS", f"name the form that you answer by step_id; open: {waiting}")
        named = answer.request_id or answer.step_id
        which = f"no form {named[:80]!r}" if named else "no form"
        raise GateRefused("UNKNOWN_REQUEST", f"{which} waits; open: {waiting}")


def _values(gate: Gate, given: Any) -> dict[str, Any]:
    """Errors: GateRefused."""
    if "schema" in gate.subject:
        problem = posing(given)
        problems = [problem] if problem else problems_with(given, gate.subject["schema"], WORK)
        if problems:
            raise GateRefused("INVALID_OUTPUT", f"{gate.name}: {'; '.join(problems)}", problems=problems)
        return {"output": given}
    if gate.kind != "form":
        raise GateRefused("UNKNOWN_REQUEST", f"{gate.request_id} is no form: answer it by decide")
    if not isinstance(given, dict):
        raise GateRefused("INVALID_FORM", f"{gate.name}: values: one JSON object of the form's fields")
    form = FormConfig(fields=[FormField.model_validate(item) for item in gate.subject["fields"]])
    values, wrong = check(form, given)
    if wrong:
        told = "; ".join(f"{name}: {why}" for name, why in wrong.items())
        raise GateRefused("INVALID_FORM", f"{gate.name}: {told}", fields=wrong)
    return values


def digest(values: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]
