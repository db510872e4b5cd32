"""What a definition's run asks of its activities, and what they answer.

A context value of more than 16 KB travels as `{"$artifact": "<sha256>", "bytes": n}`. Activities read and write it.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from faber.contract.activities import RunKey
from faber.contract.definition_runs import Context, DefinitionInput, DefinitionStatus
from faber.contract.definitions import Step
from faber.contract.money import Price
from faber.contract.turns import Spend
from faber.contract.wire import FromWorker


class LoadRequest(FromWorker):
    key: RunKey
    input: DefinitionInput


class StepRequest(FromWorker):
    """One doing of one step. `visit` counts how often the step was entered, `item` is the place in a `for_each`;
    with the run's origin and the step's id they name the doing, so that a repeated attempt is known as one. `items` is
    how many the `for_each` goes over: together their outputs are carried."""

    key: RunKey
    step: Step
    visit: int = 1
    item: int | None = None
    items: int = 1
    context: Context = Context()
    tenant: str | None = None

    @property
    def slot(self) -> str:
        """`<origin>/<step>/<visit>[/<item>]`: what a repeated attempt is known by."""
        place = f"{self.key.origin}/{self.step.id}/{self.visit}"
        return place if self.item is None else f"{place}/{self.item}"


class StepDone(FromWorker):
    """`output` becomes `<step>_output` in the context."""

    output: Any = None


class Routed(FromWorker):
    """What a condition said."""

    result: bool


class Items(FromWorker):
    """The list that a `for_each` goes over."""

    items: list[Any] = Field(default_factory=list)


class ValuesRequest(FromWorker):
    """Values of a context, of which at most so many bytes are to be carried."""

    values: dict[str, Any]
    most: int


class Values(FromWorker):
    """What takes the place of those that are kept outside."""

    values: dict[str, Any] = Field(default_factory=dict)


class Prepared(FromWorker):
    """A form or an approval, ready to be waited for: what its gate shows. `notified` are the approvers told."""

    what: str
    notified: list[str] = Field(default_factory=list)


class GenerateRequest(StepRequest):
    """One model call. `problems` is what was wrong with the last answer, `last_answer` that answer's text;
    `reserved_microusd` is what a lost call is booked at."""

    model: str
    price: Price
    max_output_tokens: int
    reserved_microusd: int
    input_bound: int = 0
    retry: int = 0
    repair: int = 0
    problems: list[str] = Field(default_factory=list)
    last_answer: str | None = None


class Generated(FromWorker):
    """`problems` say why the answer does not fit the schema. `needs_input_tokens` is set, and nothing was called,
    when the input is larger than what was reserved."""

    output: Any = None
    text: str = ""
    problems: list[str] = Field(default_factory=list)
    needs_input_tokens: int | None = None
    spend: Spend = Spend()
    provider: str = ""
    template_id: str | None = None
    template_version: str = ""
    latency_ms: int = 0


class RecordRequest(FromWorker):
    """Keep where the run stands in the records, and tell what has happened since they were last told."""

    key: RunKey
    status: DefinitionStatus
    context: Context | None = None


class Recorded(FromWorker):
    kept: bool = True
