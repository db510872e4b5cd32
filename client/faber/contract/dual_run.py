"""Two versions of a definition side by side, on the wire."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from faber.contract.wire import FromPerson, FromWorker


class DualRunInput(FromPerson):
    """Two versions of a definition side by side. `old` and `new` are a version or a definition; left out, the newest
    and the one before it. `budget_usd` is in dollars, for each of the two; absent: unlimited."""

    workflow_id: str | None = Field(default=None, max_length=200)
    inputs: dict[str, Any] = Field(default_factory=dict)
    old: int | dict[str, Any] | str | None = None
    new: int | dict[str, Any] | str | None = None
    mock_ai: bool = False
    tenant: str | None = Field(default=None, max_length=200)
    budget_usd: float | None = Field(default=None, gt=0, le=1e9, allow_inf_nan=False)


class Normalization(FromWorker):
    ordering: str = "stable"
    whitespace: str = "trim"
    numeric_tolerance: float = 1e-6


class RunPair(FromWorker):
    old: str
    new: str


class DualRunResult(FromWorker):
    """`diffs` name each place where the two ended differently; order of keys and whitespace are no difference."""

    match: bool
    diffs: list[str] = Field(default_factory=list)
    normalization: Normalization = Normalization()
    run_ids: RunPair
