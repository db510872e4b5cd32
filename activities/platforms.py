"""Which tracker and which code host a run talks to."""

from __future__ import annotations

from pathlib import Path

from activities.places import made_within, within
from adapters.forge import Forge
from adapters.forge.local import LocalForge
from adapters.work import WorkItems
from adapters.work.local import LocalWorkItems
from faber.errors import ForgeError

PULLS = ".fractary/pulls"


def work_items(checkout: Path, path: str) -> WorkItems:
    return LocalWorkItems(within(checkout, path))


def forge(checkout: Path) -> Forge:
    """Errors: ForgeError when the checkout is away."""
    try:
        return LocalForge(made_within(checkout, PULLS))
    except FileNotFoundError as error:
        raise ForgeError(
            f"{checkout} is not there, and its {PULLS} holds the pull requests: put the checkout back there"
        ) from error
