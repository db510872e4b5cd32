"""Which answers a run that goes round still carries: the latest ones, and what the next question needs of others."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from domain.gate import Gate
from faber.contract.delivery import GateView


def latest(
    closed: Sequence[Gate], decided: Sequence[GateView], most: int, size: int, unread: Iterable[str]
) -> list[Gate]:
    """At most so many, of about so many bytes, and those that nobody has taken up yet. What is asked under another
    round each time is never asked again; a pause is, under its one round, so that its latest answer stays for the
    sake of the next one's id."""
    pauses = {_question(gate): gate.request_id for gate in closed if gate.kind == "pause"}
    needed = {*unread, *pauses.values()}
    views = {view.request_id: view for view in decided}
    kept: list[Gate] = []
    for gate in reversed(closed):
        size -= len(gate.model_dump_json()) + len(views[gate.request_id].model_dump_json())
        if not kept or gate.request_id in needed or (size >= 0 and len(kept) < most):
            kept.append(gate)
    return kept[::-1]


def _question(gate: Gate) -> str:
    return json.dumps([gate.name, gate.round, gate.subject], sort_keys=True)
