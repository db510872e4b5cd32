"""Names that every process must agree on: phases, task queues, search attributes, refs."""

from typing import Literal

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
