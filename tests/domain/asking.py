"""Asking, answering and being refused: what the tests of gates have in common."""

from __future__ import annotations

from typing import Any

import pytest

from domain.gates import Gate, GateRefused, Gates
from faber.contract.delivery import Decision, DecisionWord

NOON = "2026-03-01T12:00:00+00:00"
ONE = "2026-03-01T13:00:00+00:00"
TWO = "2026-03-01T14:00:00+00:00"


def opened(gates: Gates, name: str = "architect", **given: Any) -> Gate:
    fields: dict[str, Any] = {
        "kind": "approval",
        "what": "the specification",
        "opened_at": NOON,
        "subject": {"spec": "aa"},
    }
    return gates.open_gate(name, **{**fields, **given})


def answer(word: DecisionWord, id: str | None = None, **given: Any) -> Decision:
    return Decision(decision=word, request_id=id, **{"actor": "ann", "via": "http", **given})


def refusal(gates: Gates, decision: Decision, **policy: Any) -> GateRefused:
    before = gates.model_copy(deep=True)
    with pytest.raises(GateRefused) as refused:
        gates.decide(decision, ONE, **policy)
    assert gates == before, "a refused answer leaves no trace"
    return refused.value
