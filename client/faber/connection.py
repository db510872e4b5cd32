"""Finds Temporal and connects to it, or says within seconds what to do."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client, Interceptor
from temporalio.envconfig import ClientConfig
from temporalio.service import RPCError, RPCStatusCode

from faber.contract.names import TASK_QUEUE
from faber.converter import data_converter
from faber.errors import Conflict, FaberError, NoSuchRun, Unreachable, UsageError
from faber.leaving import wait_at_exit
from faber.settings import Settings

DEFAULT_ADDRESS = "localhost:7233"
CONNECT_WITHIN_S = 2.0
RPC_TIMEOUT = timedelta(seconds=10)

# A poll of an idle worker stays open for up to a minute, and the server notes a poller when the poll begins.
POLLER_SEEN_WITHIN_S = 75.0

START_HERE = "Start it with `make dev` in FABER's folder, or set TEMPORAL_ADDRESS to a server that runs."
NO_WORKER = (
    f"no worker polls the task queue `{TASK_QUEUE}`. Start one with `make dev`, or `python worker.py`, "
    "in FABER's folder."
)


@dataclass(frozen=True)
class Target:
    """Where Temporal is, and which source said so. `options` are keyword arguments of `Client.connect`."""

    options: dict[str, Any]
    source: str

    @property
    def address(self) -> str:
        return str(self.options["target_host"])

    @property
    def namespace(self) -> str:
        return str(self.options["namespace"])


def find_temporal(settings: Settings) -> Target:
    """The environment or Temporal's TOML profile, else the server that runs here, else Temporal's port."""
    try:
        options: dict[str, Any] = dict(
            ClientConfig.load_client_connect_config(override_env_vars=dict(settings.environment))
        )
    except RuntimeError as error:
        raise UsageError(f"Temporal's configuration cannot be read: {error}") from error
    engine = _engine(settings)
    address = options.get("target_host")
    if address:
        source = "TEMPORAL_ADDRESS" if settings.temporal_address else "Temporal's profile"
    elif engine.get("address"):
        address, source = engine["address"], str(settings.engine_file)
    else:
        address, source = DEFAULT_ADDRESS, "Temporal's default"
    namespace = options.get("namespace")
    if not namespace:
        # Another server's namespaces are not those of the one that runs here.
        namespace = engine.get("namespace") if engine.get("address") == address else None
    return Target({**options, "target_host": address, "namespace": namespace or "default"}, source)


async def connect(settings: Settings, interceptors: Sequence[Interceptor] = ()) -> Client:
    """A client with the project's data converter. Raises Unreachable within seconds."""
    target = find_temporal(settings)
    wait_at_exit()
    where = f"cannot reach Temporal at {target.address} (from {target.source})"
    try:
        return await asyncio.wait_for(
            Client.connect(**target.options, data_converter=data_converter, interceptors=interceptors),
            CONNECT_WITHIN_S,
        )
    except TimeoutError as error:
        raise Unreachable(f"{where}: no answer in {CONNECT_WITHIN_S:.0f} s. {START_HERE}") from error
    except (RuntimeError, ValueError) as error:
        raise Unreachable(f"{where}. {START_HERE}", reason=str(error)) from error


async def worker_polls(client: Client, queue: str = TASK_QUEUE, *, activities: bool = False) -> bool:
    """Whether anybody has asked this task queue for work within the last poll."""
    kind = TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY if activities else TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW
    request = DescribeTaskQueueRequest(
        namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind
    )
    async with temporal_errors(f"ask who polls {queue}"):
        answer = await client.workflow_service.describe_task_queue(request, timeout=RPC_TIMEOUT)
    oldest = time.time() - POLLER_SEEN_WITHIN_S
    return any(poller.last_access_time.ToSeconds() > oldest for poller in answer.pollers)


@asynccontextmanager
async def temporal_errors(what: str) -> AsyncIterator[None]:
    """Temporal's refusals as ours. `what` completes "could not ..."."""
    try:
        yield
    except RPCError as error:
        raise _as_ours(error, f"could not {what}: {error.message}") from error


def _as_ours(error: RPCError, message: str) -> FaberError:
    if error.status in (RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED):
        return Unreachable(f"{message}. {START_HERE}")
    if error.status == RPCStatusCode.NOT_FOUND and error.message.startswith("Namespace "):
        return Unreachable(f"{message} Set TEMPORAL_NAMESPACE to one that this server has.")
    if error.status in (RPCStatusCode.UNAUTHENTICATED, RPCStatusCode.PERMISSION_DENIED):
        return Unreachable(f"{message}. Check TEMPORAL_API_KEY, or the certificate of Temporal's profile.")
    if error.status == RPCStatusCode.NOT_FOUND:
        return Conflict(message) if "already completed" in error.message else NoSuchRun(message)
    if error.status == RPCStatusCode.INVALID_ARGUMENT:
        return UsageError(message)
    return FaberError(message)


def engine_address(settings: Settings) -> str | None:
    """Of the server that FABER itself started for this data folder."""
    return _engine(settings).get("address")


def _engine(settings: Settings) -> dict[str, Any]:
    try:
        written = json.loads(settings.engine_file.read_text())
    except (OSError, ValueError):
        return {}
    return written if isinstance(written, dict) else {}
