"""Names that every process must agree on: phases, task queues, search attributes, refs."""

from collections.abc import Sequence
from typing import Literal, cast

Phase = Literal["frame", "architect", "build", "evaluate", "release"]
PHASES: tuple[Phase, ...] = ("frame", "architect", "build", "evaluate", "release")

TASK_QUEUE = "faber"
LLM_QUEUE = "faber-llm"
EXEC_QUEUE = "faber-exec"
IO_QUEUE = "faber-io"
QUEUES = (TASK_QUEUE, LLM_QUEUE, EXEC_QUEUE, IO_QUEUE)

SEARCH_ATTRIBUTES = {
    "FaberPhase": "Keyword",
    "FaberProject": "Keyword",
    "FaberWorkId": "Keyword",
    "FaberOutcome": "Keyword",
    "FaberWaitingOn": "KeywordList",
    "FaberCostUsd": "Double",
    "FaberTenant": "Keyword",
}

RunKind = Literal["delivery", "definition"]
WORKFLOW_TYPES: dict[RunKind, str] = {"delivery": "FaberRun", "definition": "DefinitionRun"}


def host_queue(host_id: str) -> str:
    """The execution queue of the one host whose disk holds a run's worktree."""
    return f"{EXEC_QUEUE}@{host_id}"


def left_out(begin: str, completed: Sequence[str]) -> Phase | None:
    """The phase that a run which begins at `begin` would leave out: the first that is not done, when it is before."""
    undone = next((phase for phase in PHASES if phase not in completed), None)
    return undone if undone in PHASES[: PHASES.index(cast("Phase", begin))] else None
