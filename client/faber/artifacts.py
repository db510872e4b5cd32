"""What a run shows of its work: the specification, the diff, the checks, the transcript."""

from __future__ import annotations

import hashlib

from faber.client import Faber
from faber.contract.delivery import Status
from faber.contract.listed import Shown
from faber.errors import FaberError, UsageError
from faber.gates import first_gate

# The thing that a decision at this gate is about.
SHOWN_AT = {"architect": "spec", "release": "diff", "manual_fix": "transcript"}


async def show(faber: Faber, run_id: str, name: str | None = None) -> Shown:
    """One thing by name, or what the open gate is about. Raises UsageError when the run has no such thing,
    FaberError when its bytes are kept elsewhere than on this host."""
    status = await faber.status(run_id)
    if await faber.door(run_id) is not faber:
        if name is not None:
            raise UsageError(f"{run_id} has no {name!r} to show: a definition's run shows its context alone")
        return await _context(faber, run_id, status)
    chosen = name or _default(status)
    if chosen not in status.shows:
        has = ", ".join(status.shows) or "nothing yet"
        raise UsageError(f"{run_id} has no {chosen!r} to show: it has {has}")
    sha256 = status.shows[chosen]
    content = faber.records.artifact(run_id, chosen, sha256)
    if content is None:
        raise FaberError(
            f"{chosen} of {run_id} ({sha256}) is not on this host: look in the run's repository, or where its "
            "worker runs"
        )
    request_id = first_gate(status).request_id if status.waiting_on else None
    text = content.decode(errors="replace")
    return Shown(run_id=run_id, name=chosen, request_id=request_id, sha256=sha256, text=text)


async def _context(faber: Faber, run_id: str, status: Status) -> Shown:
    """Of a definition's run: what it asks, and what its steps see."""
    context = await faber.definitions.context(run_id)
    asked = [f"{item.gate}: {item.what}" for item in status.waiting_on]
    text = "\n".join([*asked, context.model_dump_json(indent=2)])
    request_id = first_gate(status).request_id if status.waiting_on else None
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return Shown(run_id=run_id, name="context", request_id=request_id, sha256=sha256, text=text)


def _default(status: Status) -> str:
    gate = first_gate(status).gate if status.waiting_on else ""
    return SHOWN_AT.get(gate) or next(reversed(status.shows), "spec")
