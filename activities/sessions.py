"""A coding agent's whole session as one turn: started once, resumed after a crash, booked whatever it ends in."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from activities.attempts import Attempts, lease_for
from activities.events import Prompted, asking, weighed
from activities.places import repository_of
from adapters.agents import AgentTask, CodingAgent
from adapters.journal import Journal
from adapters.models import Message, ModelAnswer
from adapters.models.structured import too_deep, whole
from adapters.prices import cost_of
from adapters.processes import Processes, Sandbox
from adapters.workspace import Workspace
from faber.contract.activities import Place
from faber.contract.config import AgentConfig
from faber.contract.money import Usage, micro
from faber.contract.turns import Spend, TurnRequest
from faber.errors import AgentFailed

SESSIONS = uuid.UUID("6f0a1d0e-3b5c-4f0e-9a55-7c1f5f2f0d11")
"""Namespace of session ids: the same phase and round of a run always gets the same one."""
# Each brace that opens nothing costs a pass over what follows it.
CLOSING_WORDS, MOST_BRACES = 256_000, 300


@dataclass(frozen=True)
class Ended:
    answer: ModelAnswer
    spend: Spend
    tree_sha: str
    session_id: str | None


class Sessions:
    def __init__(
        self,
        *,
        create: Callable[[AgentConfig], CodingAgent],
        confine: Callable[[str, Path, str], Sandbox | None],
        workspace: Workspace,
        journal: Journal,
        processes: Processes,
        attempts: Attempts,
        owner: str,
    ) -> None:
        self._create = create
        self._confine = confine
        self._workspace = workspace
        self._journal = journal
        self._processes = processes
        self._attempts = attempts
        self._owner = owner

    async def run(
        self, request: TurnRequest, system: str, messages: list[Message], prompted: Prompted
    ) -> Ended:
        place = request.place
        key = f"{place.key.origin}/{request.phase}/{request.round}/{request.turn}/session"
        prompt = "\n\n".join([system, *(message.text for message in messages if message.role == "user")])
        return await self._attempts.join(key, lambda: self._session(key, request, prompt, prompted))

    async def _session(self, key: str, request: TurnRequest, prompt: str, prompted: Prompted) -> Ended:
        stored = self._journal.load(f"{key}/ended")
        if stored is not None:
            return _ended(json.loads(stored))
        place, lease = request.place, lease_for(key, self._owner)
        if self._journal.take_lease(*lease) is not None:
            await self._processes.end(lease=key)
        # A session that is over is paid for: what was not kept of it is kept now, and nobody works again.
        over = f"{key}/over/{place.key.run_id}"
        said = self._journal.load(over)
        if said is None:
            said = json.dumps(await self._held(key, request, prompt, prompted))
            self._journal.save(over, said, lease=lease)
        else:
            await self._open(place, keep=True)
        ended = {**json.loads(said), "tree_sha": await self._snapshot(place, request)}
        self._journal.save(f"{key}/ended", json.dumps(ended), lease=lease)
        return _ended(ended)

    async def _held(self, key: str, request: TurnRequest, prompt: str, prompted: Prompted) -> dict[str, Any]:
        """The whole session, begun or gone on with: what was said and what it cost."""
        config = AgentConfig.model_validate(request.agent, extra="ignore")
        # What cannot be gone on with is begun anew, and so from the files that it began with.
        earlier = self._journal.load(f"{key}/session") if can_resume(config) else None
        task = await self._task(key, request, config, prompt, earlier)
        self._journal.append(f"{key}/calls-{request.repair}", json.dumps({"state": "sent"}))
        with asking(request.model, prompted, "invoke_agent", weighed("request", prompt)) as asked:
            try:
                answer = await self._create(config).run(
                    task, lambda session: self._journal.save(f"{key}/session", session)
                )
            except AgentFailed as error:
                spend = self._spend(key, request, error.details)
                asked.failed(error.code, spend.usage, spend.cost_microusd)
                error.details["spend"] = spend.model_dump()
                raise
            spend = self._spend(key, request, vars(answer))
            asked.answered(spend.usage, spend.cost_microusd, weighed("response", answer.text))
        return {
            "text": whole(answer.text),
            "structured": whole(last_json(answer.text)),
            "spend": spend.model_dump(),
            "session_id": answer.session_id,
            "model": answer.model,
        }

    async def _task(
        self, key: str, request: TurnRequest, config: AgentConfig, prompt: str, earlier: str | None
    ) -> AgentTask:
        place = request.place
        path = await self._open(place, keep=earlier is not None)
        sandbox = await asyncio.to_thread(self._confine, request.sandbox, path, place.key.run_id)
        return AgentTask(
            prompt=prompt,
            cwd=path,
            run_id=place.key.run_id,
            lease=key,
            session_key=str(uuid.uuid5(SESSIONS, key)),
            resume=earlier,
            max_cost_microusd=min(request.reserved_microusd, micro(config.max_session_usd)),
            timeout_s=config.timeout_s,
            model=config.model,
            sandbox=sandbox,
            price=request.price,
        )

    async def _open(self, place: Place, *, keep: bool) -> Path:
        return await self._workspace.open(
            repository_of(place.repository),
            place.key.run_id,
            place.branch,
            place.head_sha,
            place.tree_sha,
            keep=keep,
        )

    async def _snapshot(self, place: Place, request: TurnRequest) -> str:
        return await self._workspace.snapshot(
            repository_of(place.repository),
            place.key.run_id,
            f"{request.phase}/{request.round}/{request.turn}",
            place.tree_sha,
            f"{request.phase}, round {request.round}: a coding agent's session",
            place.when,
        )

    def _spend(self, key: str, request: TurnRequest, said: dict[str, Any]) -> Spend:
        """This session's cost as the agent reports it, or its usage at the list price, or the worst case."""
        sent = len((self._journal.load(f"{key}/calls-{request.repair}") or "").splitlines())
        counted = Usage.model_validate(said.get("usage") or Usage(estimated=True), from_attributes=True)
        usage = counted.at_least_zero()
        cost = said.get("cost_microusd")
        known = cost is not None or bool(said.get("usage"))
        if cost is None:
            cost = cost_of(request.price, usage) if said.get("usage") else request.reserved_microusd
        lost = max(0, sent - 1)
        # A resumed Codex thread counts from its beginning, so what a killed invocation used is in there already.
        unknown = 0 if said.get("usage_is_total") else lost
        return Spend(
            usage=usage,
            cost_microusd=max(0, int(cost)),
            priced=request.price.priced or said.get("cost_microusd") is not None,
            calls=sent,
            wasted_calls=lost,
            wasted_microusd=unknown * request.reserved_microusd,
            estimated=not known or unknown > 0,
        )


def can_resume(config: AgentConfig) -> bool:
    return config.preset != "command" or bool(config.resume_command)


def _ended(stored: dict[str, Any]) -> Ended:
    answer = ModelAnswer(text=stored["text"], structured=stored["structured"], model_version=stored["model"])
    return Ended(answer, Spend.model_validate(stored["spend"]), stored["tree_sha"], stored["session_id"])


def last_json(text: str) -> dict[str, Any] | None:
    """The last JSON object that stands in an agent's closing words, None when there is none."""
    text, decoder = text[-CLOSING_WORDS:], json.JSONDecoder()
    found: dict[str, Any] | None = None
    at, failed = text.find("{"), 0
    while at >= 0 and failed < MOST_BRACES:
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end, failed = at + 1, failed + 1
        else:
            found = value if isinstance(value, dict) and not too_deep(value) else found
        at = text.find("{", end)
    return found
