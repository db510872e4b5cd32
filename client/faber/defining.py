"""Starts runs of step definitions, answers their forms, says where they stand."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError
from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from faber import ending
from faber.answers import answer as answer_of
from faber.answers import answering
from faber.connection import RPC_TIMEOUT, temporal_errors
from faber.contract.definition_runs import (
    Context,
    DefinitionInput,
    DefinitionResult,
    DefinitionStatus,
    FormAnswer,
)
from faber.contract.delivery import GateView
from faber.contract.dual_run import DualRunInput, DualRunResult
from faber.contract.names import TASK_QUEUE
from faber.contract.registry import RegistryInput, RegistryResult
from faber.contract.workflows import DefinitionDualRun, DefinitionRegistry, DefinitionRun
from faber.converter import describe
from faber.errors import Conflict, FaberError, UsageError, WorkflowError, named
from faber.outcomes import read_failure
from faber.starting import SHOWN, Shown, Started, again

if TYPE_CHECKING:
    from faber.client import Faber

PREFIX = "def"
INPUTS = "faber_inputs"
ID_LENGTH = 100
LISTED = "[]"
DEEPEST = 50
"""As deep as a definition may be: the parser takes longer and longer with each list in a list."""
IDS: list[list[str | None]] = [["id"], ["workflow", "id"]]
Handle = WorkflowHandle[DefinitionRun, DefinitionResult]


def definition_input(**options: Any) -> DefinitionInput:
    """A DefinitionInput, or UsageError with each field that does not fit."""
    try:
        return DefinitionInput(**options)
    except ValidationError as error:
        raise UsageError(describe(error)) from error


@dataclass(frozen=True)
class Definitions:
    """Every method raises Unreachable when Temporal, or a worker that must answer, is away."""

    faber: Faber

    def handle(self, run_id: str) -> Handle:
        return self.faber.client.get_workflow_handle_for(DefinitionRun.run, run_id)

    async def start(
        self, input: DefinitionInput, *, key: str | None = None, automatic: bool = False
    ) -> Started:
        """Starts a run. With a `key`, the run that has it already is found instead; `automatic` makes the key of the
        definition's id and the inputs. Raises Conflict when the run of that key has other inputs."""
        await self.faber.require_worker()
        wanted = input.definition_id or id_in(input.definition)
        inputs = digest(input.inputs)
        if automatic and key is None:
            key = hashlib.sha256(f"{wanted}\n{inputs}".encode()).hexdigest()
        given = definition_input(
            **{**dict(input), "idempotency_key": key, "initiator": self._initiator(input)}
        )
        run_id = f"{PREFIX}-{plain(wanted)}-{suffix(key, input.tenant)}"
        async with temporal_errors(f"start {run_id}"):
            try:
                begun = await self.faber.client.start_workflow(
                    DefinitionRun.run,
                    given,
                    id=run_id,
                    task_queue=TASK_QUEUE,
                    id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                    id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                    static_summary=wanted,
                    memo=memo(wanted, given),
                    rpc_timeout=RPC_TIMEOUT,
                )
            except WorkflowAlreadyStartedError:
                there = await self.handle(run_id).describe(rpc_timeout=RPC_TIMEOUT)
                if (await there.memo()).get(INPUTS) not in (None, inputs):
                    raise Conflict(
                        f"the idempotency key {key!r} belongs to {run_id}, which was started with other inputs: "
                        "take another key, or the same inputs"
                    ) from None
                return Started(run_id, False)
        return Started(run_id, True, begun.first_execution_run_id)

    def _initiator(self, input: DefinitionInput) -> str:
        return self.faber.actor if input.initiator == "unknown" else input.initiator

    async def status(self, run_id: str) -> DefinitionStatus:
        async with self.faber.querying(run_id):
            return await ending.snapshot(self.handle(run_id), DefinitionRun.status)

    async def context(self, run_id: str) -> Context:
        async with self.faber.querying(run_id):
            return await self.handle(run_id).query(DefinitionRun.context, rpc_timeout=RPC_TIMEOUT)

    async def result(self, run_id: str) -> DefinitionResult:
        """Waits for the end, however long, and answers with the document, `failed` and `canceled` ones included."""
        handle = self.handle(run_id)
        async with temporal_errors(f"read the result of {run_id}"):
            try:
                return await handle.result()
            except WorkflowFailureError as error:
                failure = read_failure(error)
        if (document := failure.document(DefinitionResult)) is not None:
            return document
        end = {"error": failure.message, "error_code": failure.code}
        try:
            told = await handle.query(DefinitionRun.result, rpc_timeout=RPC_TIMEOUT)
        except RPCError:
            # Refused before it began, or no worker is there: there is no document but what Temporal says.
            status = "canceled" if failure.code == "CANCELLED" else "failed"
            bare = {"run_id": run_id, "workflow_id": "", "workflow_version": 0, "status": status}
            return DefinitionResult.model_validate({**bare, **end})
        # A terminated run had no time to say why.
        return told if told.error else told.model_copy(update=end)

    async def submit_form(self, run_id: str, answer: FormAnswer) -> GateView:
        """Raises WorkflowError when the run does not take the answer, naming each field that does not fit."""
        signed = answer.model_copy(update={"actor": self.faber.actor, "via": self.faber.via})
        await self.faber.require_worker()
        async with answering(run_id):
            return await answer_of(self.handle(run_id), DefinitionRun.submit_form, signed)

    async def retry(self, run_id: str) -> str:
        """Goes on with a failed run at its failed step, under the same id and ledger. Raises Conflict when the run
        has not failed."""
        await self.faber.require_worker()

        def shown(input: DefinitionInput) -> Shown:
            wanted = input.definition_id or id_in(input.definition)
            # An input that goes on has not got the first one's inputs any more.
            return Shown(f"{wanted}, again", {**memo(wanted, input), INPUTS: inputs})

        async with temporal_errors(f"retry {run_id}"):
            there = await self.handle(run_id).describe(rpc_timeout=RPC_TIMEOUT)
            inputs = (await there.memo()).get(INPUTS)
            await again(self.faber.client, DefinitionRun.run, self.handle(run_id), DefinitionInput, shown)
        return run_id

    async def dual_run(self, input: DualRunInput) -> DualRunResult:
        """Runs two versions to their ends, nobody being asked. Errors: as `registry`."""
        compared: DualRunResult = await self._asked(
            "compare two versions", DefinitionDualRun.run, input, f"{PREFIX}-dual-{uuid7()}"
        )
        return compared

    async def registry(self, input: RegistryInput) -> RegistryResult:
        """Raises the registry's own error: DefinitionInvalid, DefinitionNotFound, NotYours, Conflict, UsageError."""
        author = self.faber.actor if input.author == "unknown" else input.author
        signed = input.model_copy(update={"author": author})
        answer: RegistryResult = await self._asked(
            "consult the registry", DefinitionRegistry.run, signed, f"faber-registry-{uuid7()}"
        )
        return answer

    async def _asked(self, what: str, workflow: Any, input: Any, id: str) -> Any:
        await self.faber.require_worker()
        async with temporal_errors(what):
            try:
                handle = await self.faber.client.start_workflow(
                    workflow, input, id=id, task_queue=TASK_QUEUE, rpc_timeout=RPC_TIMEOUT
                )
                return await handle.result()
            except WorkflowFailureError as error:
                raise told(error) from error


def told(error: WorkflowFailureError) -> FaberError:
    """The worker's own error again, as one of ours."""
    failure = read_failure(error)
    return named(failure.code, failure.message, failure.details) or WorkflowError(failure.message)


def memo(definition_id: str, input: DefinitionInput) -> dict[str, Any]:
    """What tells runs of one key apart, and what lists show of a run until it shows itself."""
    shown = {"work_id": definition_id, "project": input.project, "tenant": input.tenant}
    return {INPUTS: digest(input.inputs), SHOWN: shown}


def id_in(definition: dict[str, Any] | str | None) -> str:
    """What an inline definition calls itself; whether it is one is the worker's to say."""
    if isinstance(definition, str):
        return _id_in_text(definition) or "inline"
    inner = definition.get("workflow", definition) if isinstance(definition, dict) else {}
    found = inner.get("id") if isinstance(inner, dict) else None
    return str(found) if found else "inline"


def _id_in_text(text: str) -> str | None:
    """Read as events, and only so far: what is built of a few aliases may take gigabytes."""
    # Of each open map the key whose value comes next, None where a key does; of each open list LISTED.
    place: list[str | None] = []
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if isinstance(event, yaml.CollectionStartEvent):
                if len(place) == DEEPEST:
                    return None
                place.append(None if isinstance(event, yaml.MappingStartEvent) else LISTED)
                continue
            if isinstance(event, yaml.ScalarEvent):
                if place and place[-1] is None:
                    place[-1] = event.value
                    continue
                if place in IDS:
                    return str(event.value)
            elif isinstance(event, yaml.CollectionEndEvent):
                place.pop()
            if place and place[-1] != LISTED:
                place[-1] = None
    except yaml.YAMLError:
        return None
    return None


def plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text)[:ID_LENGTH] or "inline"


def suffix(key: str | None, tenant: str | None) -> str:
    """The key's digest; without a key a UUID of version 7, so that ids sort by time."""
    if key is None:
        return str(uuid7())
    # No key of nobody's is written like a tenant's: no text has that byte.
    owned = key.encode() if tenant is None else b"\xff" + f"{tenant}\n{key}".encode()
    return hashlib.sha256(owned).hexdigest()[:16]


def uuid7() -> uuid.UUID:
    """RFC 9562; Python has it from 3.14."""
    stamp, noise = time.time_ns() // 1_000_000, int.from_bytes(os.urandom(10), "big")
    bits = (stamp & (1 << 48) - 1) << 80 | 7 << 76 | (noise >> 64 & 0xFFF) << 64
    return uuid.UUID(int=bits | 2 << 62 | noise & (1 << 62) - 1)


def digest(value: Any) -> str:
    """The same for values that differ only in the order of their keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
