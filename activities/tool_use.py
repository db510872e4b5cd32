"""Using the tools that a model asked for, so that each takes effect once whatever is killed in between."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from temporalio import activity

from activities.attempts import Attempts, lease_for
from activities.phases import WRITING
from activities.places import repository_of
from activities.transcripts import Transcripts
from adapters.artifacts import Artifacts
from adapters.journal import Journal, Lease
from adapters.models import Message, ToolCall
from adapters.processes import Processes
from adapters.tools import ToolResult, Tools
from adapters.workspace import Workspace
from faber.contract.turns import ToolsRequest, ToolsResult

# A cap on turns bounds a run only when a turn is bounded too.
MOST_CALLS = 64

MakeTools = Callable[[Path, ToolsRequest, str], Tools]
"""(worktree, request, lease) -> the tools confined to it."""


class ToolUse:
    def __init__(
        self,
        *,
        artifacts: Artifacts,
        journal: Journal,
        workspace: Workspace,
        processes: Processes,
        attempts: Attempts,
        make_tools: MakeTools,
        owner: str,
    ) -> None:
        self._transcripts = Transcripts(artifacts)
        self._journal = journal
        self._workspace = workspace
        self._processes = processes
        self._attempts = attempts
        self._make_tools = make_tools
        self._owner = owner

    @activity.defn
    async def use_tools(self, request: ToolsRequest) -> ToolsResult:
        key = f"{request.place.key.origin}/{request.phase}/{request.round}/{request.turn}/tools"
        return await self._attempts.join(key, lambda: self._use(key, request))

    async def _use(self, key: str, request: ToolsRequest) -> ToolsResult:
        stored = self._journal.load(f"{key}/result")
        if stored is not None:
            return ToolsResult.model_validate_json(stored)
        lease = lease_for(key, self._owner)
        if self._journal.take_lease(*lease) is not None:
            # The other worker's commands would go on writing into the tree that is reset below.
            await self._processes.end(lease=key)
        _, messages = await self._transcripts.load(request.transcript)
        results, tree = await self._in_order(lease, request, messages[-1].tool_calls)
        answers = [
            Message(role="tool", tool_call_id=result.call_id, text=result.text, is_error=result.is_error)
            for result in results
        ]
        done = ToolsResult(
            transcript=await self._transcripts.extend(request.transcript, answers),
            tree_sha=tree,
            bytes_added=sum(len(answer.text.encode()) for answer in answers),
            refused=sum(result.is_error for result in results),
        )
        self._journal.save(f"{key}/result", done.model_dump_json(), lease=lease)
        return done

    async def _in_order(
        self, lease: Lease, request: ToolsRequest, calls: Sequence[ToolCall]
    ) -> tuple[list[ToolResult], str]:
        """Each call once, its result and the tree after it noted before the next; a retry goes on after the
        last noted one, from that one's tree."""
        place, writing = request.place, request.phase in WRITING
        repository = repository_of(place.repository)
        noted = [json.loads(line) for line in (self._journal.load(f"{lease.key}/done") or "").splitlines()]
        results = [ToolResult.model_validate(note["result"]) for note in noted]
        tree = noted[-1]["tree"] if noted else place.tree_sha
        path = await self._workspace.open(repository, place.key.run_id, place.branch, place.head_sha, tree)
        tools = self._make_tools(path, request, lease.key)
        for call in calls[len(results) : MOST_CALLS]:
            result = await tools.use(call, writing=writing)
            self._journal.check_lease(*lease)
            if writing:
                ref = f"{request.phase}/{request.round}/{request.turn}"
                message = f"{request.phase}, round {request.round}, turn {request.turn}: {call.name}"
                tree = await self._workspace.snapshot(
                    repository, place.key.run_id, ref, tree, message, place.when
                )
            note = json.dumps({"result": result.model_dump(), "tree": tree})
            self._journal.append(f"{lease.key}/done", note, lease=lease)
            results.append(result)
        return [*results, *(not_done(call) for call in calls[MOST_CALLS:])], tree


def not_done(call: ToolCall) -> ToolResult:
    text = f"Not done: of the calls in one answer only the first {MOST_CALLS} are. Make the others again"
    return ToolResult(call_id=call.id, name=call.name, text=text, is_error=True)
