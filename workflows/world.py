"""What a person was shown, held against what stands in the world now."""

from __future__ import annotations

from typing import Any

from activities.changes import Changes
from domain.gates import request_id
from faber.contract.activities import World, WorldRequest
from faber.contract.delivery import GateView
from faber.contract.names import Phase
from workflows.hosts import at_host
from workflows.presets import QUICK
from workflows.run import Run


async def approval(run: Run, name: Phase, what: str, subject: dict[str, Any], round: int) -> GateView:
    """The answer to exactly this question: given before, or asked for now with the work laid out to look at."""
    view = run.state.gates.answered(name, round, subject)
    if view is not None:
        return view
    await run.mended(
        name,
        lambda: at_host(run, Changes.lay_out, _request(run, name, subject, round), QUICK, "lay the work out"),
    )
    return await run.gate(name, kind="approval", what=what, subject=subject, round=round)


async def look(
    run: Run,
    name: Phase,
    subject: dict[str, Any],
    round: int,
    *,
    spec_path: str | None = None,
    try_merge: bool = False,
) -> World:
    """The world as it is now. Files that were laid out for this question and edited since count as edits."""
    request = _request(run, name, subject, round)
    request.spec_path, request.try_merge = spec_path, try_merge
    return await run.mended(
        name, lambda: at_host(run, Changes.observe_world, request, QUICK, "look at what was approved")
    )


def _request(run: Run, name: Phase, subject: dict[str, Any], round: int) -> WorldRequest:
    return WorldRequest(place=run.place, shown=request_id(name, round, subject), round=round)
