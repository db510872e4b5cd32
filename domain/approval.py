"""Who must be asked: the precedence of the run's option, the configuration and the autonomy level."""

from __future__ import annotations

from typing import Literal

from faber.contract.config import Autonomy
from faber.contract.names import Phase

ASKED: dict[Autonomy, tuple[Phase, ...]] = {
    "assisted": ("architect", "release"),
    "guarded": ("release",),
    "autonomous": (),
}


def needs_approval(
    phase: Phase, run_option: Literal["never", "always"] | None, explicit: bool | None, autonomy: Autonomy
) -> bool:
    """Whether a person approves `phase`: the run's option, else `human_approval.<phase>`, else the level."""
    if run_option is not None:
        return run_option == "always"
    return phase in ASKED[autonomy] if explicit is None else explicit


def budget_mode(
    run_option: Literal["ask", "fail"] | None, configured: Literal["ask", "fail"] | None, autonomy: Autonomy
) -> Literal["ask", "fail"]:
    """What happens at the budget's thresholds; an autonomous run asks only when it was told to."""
    return run_option or configured or ("fail" if autonomy == "autonomous" else "ask")
