"""Exits 0 when a worker of this host polls Temporal, else 1 with the reason: the image's HEALTHCHECK."""

from __future__ import annotations

import asyncio
import os
import socket
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.service import RPCError

from faber.contract.names import QUEUES

# A poll lasts a minute, and the server notes its beginning.
FRESH = timedelta(minutes=2)
KINDS = (TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY)


async def polls(client: Client, host: str) -> bool:
    """Whether a worker on `host` asked for work lately. A worker's identity is <pid>@<host>."""
    since = datetime.now(UTC) - FRESH
    for queue in QUEUES:
        for kind in KINDS:
            request = DescribeTaskQueueRequest(
                namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind
            )
            for poller in (await client.workflow_service.describe_task_queue(request)).pollers:
                fresh = poller.last_access_time.ToDatetime(UTC) > since
                if fresh and poller.identity.endswith(f"@{host}"):
                    return True
    return False


async def complaint() -> str | None:
    config = ClientConfig.load_client_connect_config()
    config.setdefault("target_host", "localhost:7233")
    try:
        client = await Client.connect(**config)
        return None if await polls(client, socket.gethostname()) else "no worker of this host polls Temporal"
    except (RPCError, RuntimeError) as problem:
        return f"Temporal does not answer: {problem}"


if __name__ == "__main__":
    reason = asyncio.run(complaint())
    print(reason or "a worker of this host polls Temporal", flush=True)
    # The SDK's threads sometimes abort the interpreter as it ends, which would make a sound worker look sick.
    os._exit(1 if reason else 0)
