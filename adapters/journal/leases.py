"""Who may take a lease and who still holds one: the rule that every journal follows."""

from __future__ import annotations

from adapters.journal import Lease
from faber.errors import LeaseLost


def take(held: Lease | None, wanted: Lease) -> str | None:
    """The previous owner when it was another one. Errors: LeaseLost."""
    if held is None:
        return None
    newer = wanted.attempt > held.attempt
    if not newer and held != wanted:
        raise _lost(held, wanted)
    return held.owner if held.owner != wanted.owner else None


def check(held: Lease | None, wanted: Lease) -> None:
    """Errors: LeaseLost."""
    if held != wanted:
        raise _lost(held, wanted)


def _lost(held: Lease | None, wanted: Lease) -> LeaseLost:
    holder = f"attempt {held.attempt} of {held.owner} holds it" if held else "nobody holds it any more"
    return LeaseLost(
        f"Attempt {wanted.attempt} of {wanted.owner} has lost {wanted.key}: {holder}. It stops without "
        "writing; the newer attempt goes on",
        key=wanted.key,
        holder=held.owner if held else None,
    )
