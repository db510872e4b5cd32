"""FABER: turns a work item into a reviewed, tested change, as Temporal workflows.

`faber.run("123")` delivers a work item and answers with its result; `await faber.arun("123")` in async code.
`faber.Faber` is one connection with every verb; `faber.api` has each verb as a function.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from faber.errors import (
    BudgetApprovalRequired,
    BudgetExceeded,
    ConfigurationError,
    FaberError,
    PhaseApprovalRequired,
    RunCancelled,
    Unreachable,
    UsageError,
    WorkflowError,
)

if TYPE_CHECKING:
    from faber.api.verbs import arun, run
    from faber.client import Faber
    from faber.contract.config import Configuration
    from faber.contract.delivery import BudgetRaise, Decision, GateView, Pause, RunInput, RunResult, Status
    from faber.settings import Settings

__all__ = [
    "BudgetApprovalRequired",
    "BudgetExceeded",
    "BudgetRaise",
    "Configuration",
    "ConfigurationError",
    "Decision",
    "Faber",
    "FaberError",
    "GateView",
    "Pause",
    "PhaseApprovalRequired",
    "RunCancelled",
    "RunInput",
    "RunResult",
    "Settings",
    "Status",
    "Unreachable",
    "UsageError",
    "WorkflowError",
    "arun",
    "run",
]

# Temporal's client takes a third of a second to import: whoever only wants a name of ours does not wait for it.
_HOMES = {
    "faber.api.verbs": ("arun", "run"),
    "faber.client": ("Faber",),
    "faber.contract.config": ("Configuration",),
    "faber.contract.delivery": (
        "BudgetRaise",
        "Decision",
        "GateView",
        "Pause",
        "RunInput",
        "RunResult",
        "Status",
    ),
    "faber.settings": ("Settings",),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
