"""The five phases as activities: one model call each time, or one whole session of a coding agent."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from temporalio import activity

from activities.calls import PaidCalls
from activities.events import Prompted
from activities.rendering import Prompts
from activities.sessions import Sessions
from activities.transcripts import Transcripts
from adapters.artifacts import Artifacts
from adapters.models import Message, ModelAnswer, ModelRequest, ToolSpec
from domain.schema import SCHEMAS, problems_with
from faber.contract.names import Phase
from faber.contract.turns import Spend, SpentRequest, TurnRequest, TurnResult
from faber.errors import LLMError

STRUCTURED_LIMIT = 16_384
TEXT_LIMIT = 2_000
MOST_TOOLS_NAMED = 64
WRITING: frozenset[Phase] = frozenset({"build"})
LOOKING: frozenset[Phase] = frozenset({"architect", "build", "evaluate"})


class Phases:
    """`offered` gives the tools of the built-in agent, (writing, commands): all, or those that change nothing."""

    def __init__(
        self,
        *,
        artifacts: Artifacts,
        calls: PaidCalls,
        sessions: Sessions,
        offered: Callable[[bool, Sequence[str]], list[ToolSpec]],
    ) -> None:
        self._artifacts = artifacts
        self._transcripts = Transcripts(artifacts)
        self._prompts = Prompts(artifacts)
        self._calls = calls
        self._sessions = sessions
        self._offered = offered

    @activity.defn
    async def frame(self, request: TurnRequest) -> TurnResult:
        return await self._turn(request)

    @activity.defn
    async def architect(self, request: TurnRequest) -> TurnResult:
        return await self._turn(request)

    @activity.defn
    async def build(self, request: TurnRequest) -> TurnResult:
        return await self._turn(request)

    @activity.defn
    async def evaluate(self, request: TurnRequest) -> TurnResult:
        return await self._turn(request)

    @activity.defn
    async def release(self, request: TurnRequest) -> TurnResult:
        return await self._turn(request)

    @activity.defn
    async def tell_spend(self, request: SpentRequest) -> Spend | None:
        return self._calls.spent(request)

    async def _turn(self, request: TurnRequest) -> TurnResult:
        transcript, added = await self._conversation(request)
        system, messages = await self._transcripts.load(transcript)
        prompted = Prompted(request.phase, self._prompts.version(request))
        if request.agent is not None:
            ended = await self._sessions.run(request, system, messages, prompted)
            return await self._result(
                request, transcript, added, ended.answer, ended.spend, ended.tree_sha, ended.session_id
            )
        asked = self._model_request(request, system, messages)
        if (needed := most_input_tokens(request, asked)) > request.input_bound:
            return TurnResult(needs_input_tokens=needed)
        try:
            answer, spend = await self._calls.answer(
                turn_key(request), asked, request.price, request.reserved_microusd, request.repair, prompted
            )
        except LLMError as error:
            if error.kind in ("NOT_FOUND", "INVALID_RESPONSE"):
                # The run keeps the configuration that it began with until it is tried again.
                error.message = (
                    f"workflow.models.{request.phase} is {request.model}: {error.message} To use another one, write "
                    "it there, reject this, and retry the run"
                )
            raise
        return await self._result(request, transcript, added, answer, spend)

    async def _conversation(self, request: TurnRequest) -> tuple[str, int]:
        """The transcript to answer, and the bytes that this request added to it."""
        if request.transcript is None:
            system, user = await self._prompts.render(request)
            first = await self._transcripts.begin(system, [Message(role="user", text=user)])
            return first, len(system.encode()) + len(user.encode())
        if request.feedback is None:
            return request.transcript, 0
        message = Message(role="user", text=request.feedback)
        return await self._transcripts.extend(request.transcript, [message]), len(request.feedback.encode())

    def _model_request(self, request: TurnRequest, system: str, messages: list[Message]) -> ModelRequest:
        return ModelRequest(
            model=request.model,
            system=system,
            messages=messages,
            tools=self._tools(request),
            output_schema=SCHEMAS.get(request.phase),
            max_output_tokens=request.max_output_tokens,
            phase=request.phase,
            round=request.round,
            turn=request.turn,
        )

    def _tools(self, request: TurnRequest) -> list[ToolSpec]:
        if request.phase not in LOOKING:
            return []
        return self._offered(request.phase in WRITING, request.commands)

    async def _result(
        self,
        request: TurnRequest,
        transcript: str,
        added: int,
        answer: ModelAnswer,
        spend: Spend,
        tree_sha: str | None = None,
        session_id: str | None = None,
    ) -> TurnResult:
        said = Message(role="assistant", text=answer.text, tool_calls=answer.tool_calls)
        if answer.structured is not None and not said.text:
            said.text = json.dumps(answer.structured)
        return TurnResult(
            transcript=await self._transcripts.extend(transcript, [said]),
            answer=await self._artifacts.put(json.dumps(answer.structured or {"text": answer.text}).encode()),
            text=answer.text[:TEXT_LIMIT],
            structured=bounded(answer.structured),
            problems=[] if answer.tool_calls else problems_of(request.phase, answer),
            tools=[call.name[:100] for call in answer.tool_calls[:MOST_TOOLS_NAMED]],
            bytes_added=added,
            spend=spend,
            tree_sha=tree_sha,
            model_version=answer.model_version,
            session_id=session_id,
        )


def most_input_tokens(request: TurnRequest, asked: ModelRequest) -> int:
    """A bound on the input: a later turn's follows from what the provider reported, a first one's from its
    bytes (no tokeniser makes more tokens than bytes)."""
    if request.turn > 1:
        return request.input_bound
    # Roles, separators and the provider's own wrapping of tools.
    return len(asked.model_dump_json().encode()) + 500


def turn_key(request: TurnRequest) -> str:
    return f"{request.place.key.origin}/{request.phase}/{request.round}/{request.turn}"


def problems_of(phase: Phase, answer: ModelAnswer) -> list[str]:
    """Why a final answer does not fit its phase, each with a path; empty when it fits or no form is asked."""
    schema = SCHEMAS.get(phase)
    if schema is None:
        return []
    if answer.finish_reason in {"length", "max_tokens"}:
        return ["the answer was cut at the output limit: give a shorter one"]
    if answer.structured is None:
        return ["the answer is not one JSON object"]
    return problems_with(answer.structured, schema)


def bounded(value: dict[str, Any] | None) -> dict[str, Any] | None:
    """The value small enough for history: long texts and lists are cut, and what is large all the same is left
    out. The artifact holds it whole."""
    if value is None or len(json.dumps(value)) <= STRUCTURED_LIMIT:
        return value
    for length, items in ((1_000, 20), (200, 10)):
        cut = {name: cut_short(item, length, items) for name, item in value.items()}
        if len(json.dumps(cut)) <= STRUCTURED_LIMIT:
            return cut
    return None


def cut_short(value: Any, length: int, items: int) -> Any:
    if isinstance(value, str):
        return value[:length]
    if isinstance(value, list):
        return [cut_short(item, length, items) for item in value[:items]]
    return value
