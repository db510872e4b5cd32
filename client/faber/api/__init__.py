"""The verbs as plain Python: `status(run_id)` blocks, `await astatus(run_id)` is the same for async code.

`python -m faber.api` is the same on the command line. Each function says in its own words what it answers with
and raises; `faber.api.verbs` holds them all.
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
    from faber.api.verbs import (
        aapprove,
        acancel,
        acomment,
        acreate_pull_request,
        acreate_specification,
        adecide,
        afetch_work_item,
        alist_runs,
        alogs,
        amerge,
        apause,
        approve,
        aprune,
        araise_budget,
        areject,
        aresult,
        aresume,
        aretry,
        arevise,
        arun,
        ashow,
        astatus,
        aterminate,
        cancel,
        comment,
        create_pull_request,
        create_specification,
        decide,
        fetch_work_item,
        list_runs,
        logs,
        merge,
        pause,
        prune,
        raise_budget,
        reject,
        result,
        resume,
        retry,
        revise,
        run,
        show,
        status,
        terminate,
    )

__all__ = [
    "BudgetApprovalRequired",
    "BudgetExceeded",
    "ConfigurationError",
    "FaberError",
    "PhaseApprovalRequired",
    "RunCancelled",
    "Unreachable",
    "UsageError",
    "WorkflowError",
    "aapprove",
    "acancel",
    "acomment",
    "acreate_pull_request",
    "acreate_specification",
    "adecide",
    "afetch_work_item",
    "alist_runs",
    "alogs",
    "amerge",
    "apause",
    "approve",
    "aprune",
    "araise_budget",
    "areject",
    "aresult",
    "aresume",
    "aretry",
    "arevise",
    "arun",
    "ashow",
    "astatus",
    "aterminate",
    "cancel",
    "comment",
    "create_pull_request",
    "create_specification",
    "decide",
    "fetch_work_item",
    "list_runs",
    "logs",
    "merge",
    "pause",
    "prune",
    "raise_budget",
    "reject",
    "result",
    "resume",
    "retry",
    "revise",
    "run",
    "show",
    "status",
    "terminate",
]


def __getattr__(name: str) -> Any:
    # The command line imports this package too, and answers `--help` before Temporal's client could be loaded.
    if name in __all__:
        return getattr(importlib.import_module("faber.api.verbs"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
