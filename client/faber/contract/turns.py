"""Turns on the wire: a model call or an agent's session, and the tools that it asked for."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from faber.contract.activities import Place
from faber.contract.money import Price, Usage
from faber.contract.names import Phase
from faber.contract.wire import FromWorker


class TurnRequest(FromWorker):
    """One model call, or one whole session of a coding agent (`agent` is set).

    `inputs` are artifacts by the name that the prompt knows them by; `values` are short strings for it.
    `input_bound` is the input that was reserved for, in tokens; `reserved_microusd` is what a lost call is
    booked at."""

    place: Place
    phase: Phase
    round: int
    turn: int
    model: str
    price: Price
    max_output_tokens: int
    reserved_microusd: int
    input_bound: int = 0
    repair: int = 0
    transcript: str | None = None
    feedback: str | None = None
    prompts: dict[str, str] = Field(default_factory=dict)
    inputs: dict[str, str] = Field(default_factory=dict)
    values: dict[str, Any] = Field(default_factory=dict)
    commands: list[str] = Field(default_factory=list)
    agent: dict[str, Any] | None = None
    sandbox: str = "none"


class Spend(FromWorker):
    """What a turn cost over all its attempts. `calls` counts requests sent; `wasted_*` are those without use."""

    usage: Usage = Usage()
    cost_microusd: int = 0
    priced: bool = True
    calls: int = 0
    wasted_calls: int = 0
    wasted_microusd: int = 0
    estimated: bool = False


class SpentRequest(FromWorker):
    """Asks what the attempts of one call cost, `call` being what they are known by in the journal."""

    call: str
    repair: int
    reserved_microusd: int


class TurnResult(FromWorker):
    """`structured` is the answer when it fits 16 KB, `answer` the artifact that holds it whole; `problems` say
    why it does not fit the phase's schema. `tools` names the calls that wait in the transcript.
    `needs_input_tokens` is set, and nothing was called, when the input is larger than what was reserved."""

    transcript: str = ""
    answer: str = ""
    needs_input_tokens: int | None = None
    text: str = ""
    structured: dict[str, Any] | None = None
    problems: list[str] = Field(default_factory=list)
    tools: list[str] = Field(default_factory=list)
    bytes_added: int = 0
    spend: Spend = Spend()
    tree_sha: str | None = None
    model_version: str | None = None
    session_id: str | None = None


class ToolsRequest(FromWorker):
    place: Place
    phase: Phase
    round: int
    turn: int
    transcript: str
    commands: list[str] = Field(default_factory=list)
    sandbox: str = "none"


class ToolsResult(FromWorker):
    transcript: str
    tree_sha: str
    bytes_added: int = 0
    refused: int = 0
