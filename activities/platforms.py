"""Which tracker and which code host a run talks to."""

from __future__ import annotations

from pathlib import Path

from activities.places import within
from adapters.forge import Forge
from adapters.forge.local import LocalForge
from adapters.work import WorkItems
from adapters.work.local import LocalWorkItems

PULLS = ".fractary/pulls"


def work_items(checkout: Path, path: str) -> WorkItems:
    return LocalWorkItems(within(checkout, path))


def forge(checkout: Path) -> Forge:
    return LocalForge(within(checkout, PULLS))
