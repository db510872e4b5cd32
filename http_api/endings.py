"""Ends that no worker writes down: a run that is terminated, or times out, has no time to."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from temporalio.client import Client, WorkflowExecution

from faber.connection import temporal_errors
from faber.contract.names import WORKFLOW_TYPES
from faber.errors import FaberError, NoSuchRun, RecordsUnavailable
from faber.listing import quoted
from faber.overview import summary
from http_api.keeping import keep_ended
from http_api.reach import Reach

log = logging.getLogger(__name__)

# Temporal's lists are behind its runs, and its clock is another one.
BEHIND = timedelta(minutes=10)
MOST = 10_000
# A list is given without Temporal too, and soon.
WITHIN = timedelta(seconds=2)
REST_S = 5.0


@dataclass
class Endings:
    """One for each process. What a list costs beside its page is one question to Temporal, however many runs there
    are: only those that ended so since the last look are asked for."""

    reach: Reach
    _looked: datetime | None = None
    _rests_until: float = 0.0
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def keep(self) -> None:
        """The records say of such runs how they ended; as far as is known, while Temporal is away. Errors:
        RecordsUnavailable."""
        async with self._looking:
            if time.monotonic() < self._rests_until:
                return
            try:
                await self._look()
            except RecordsUnavailable:
                raise
            except FaberError as error:
                self._rests_until = time.monotonic() + REST_S
                log.warning("runs that were terminated may be listed as open: %s", error)

    async def _look(self) -> None:
        at, client = datetime.now(tz=UTC), (await self.reach.faber()).client
        async with temporal_errors("list runs that were terminated"):
            listed = client.list_workflows(_query(self._looked), limit=MOST, rpc_timeout=WITHIN)
            ended = [execution async for execution in listed]
        if ended:
            records = await self.reach.records()
            still = set(await records.open_among([execution.id for execution in ended]))
            for execution in ended:
                if execution.id in still:
                    await self._keep(client, execution)
        self._looked = at

    async def _keep(self, client: Client, ended: WorkflowExecution) -> None:
        """By its origin: another run may have been started under its id since."""
        handle = client.get_workflow_handle(ended.id, run_id=ended.run_id)
        try:
            async with temporal_errors(f"ask how {ended.id} ended"):
                described = await handle.describe(rpc_timeout=WITHIN)
        except NoSuchRun:
            return
        origin = described.raw_info.first_run_id or described.run_id
        await keep_ended(self.reach, await summary(described), origin)


def _query(looked: datetime | None) -> str:
    ended = (
        f'WorkflowType = "{WORKFLOW_TYPES["definition"]}" AND ExecutionStatus IN ("Terminated", "TimedOut")'
    )
    return ended if looked is None else f"{ended} AND CloseTime > {quoted((looked - BEHIND).isoformat())}"
