"""What the API reaches: Temporal, connected to when it is first needed, the records and the artifacts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from opentelemetry import trace
from temporalio.client import Interceptor

from adapters.artifacts import Artifacts
from adapters.artifacts.folder import FolderArtifacts
from adapters.records import Records
from adapters.records.sql import open_records
from faber.client import Faber
from faber.errors import ConfigurationError, NoSuchRun, RecordsUnavailable
from faber.overview import RunSummary
from faber.settings import Settings
from http_api.callers import Caller

VIA = "http"


@dataclass
class Reach:
    """One for each process. `where` is the folder that runs are started from which name no repository."""

    settings: Settings
    where: Path
    interceptors: Sequence[Interceptor] = ()
    _faber: Faber | None = None
    _records: Records | None = None
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)
    _connecting: asyncio.Task[Faber] | None = None

    async def faber(self) -> Faber:
        """Errors: Unreachable; the next call tries again."""
        if self._faber is None:
            if self._connecting is None or self._connecting.done():
                connecting = Faber.connect(
                    self.settings, where=self.where, via=VIA, interceptors=self.interceptors
                )
                self._connecting = asyncio.create_task(connecting)
            # Whoever asks meanwhile waits for the same attempt, and none of them ends it for the others.
            self._faber = await asyncio.shield(self._connecting)
        return self._faber

    async def records(self) -> Records:
        """Errors: RecordsUnavailable; the next call tries again."""
        async with self._opening:
            if self._records is None:
                try:
                    self._records = await asyncio.to_thread(open_records, self.settings.database_url)
                except ConfigurationError as error:
                    # Of ours, and no mistake of whoever asks.
                    raise RecordsUnavailable(error.message) from error
            return self._records

    @property
    def artifacts(self) -> Artifacts:
        return FolderArtifacts(self.settings.artifacts)

    async def close(self) -> None:
        if self._records is not None:
            await self._records.close()


@dataclass(frozen=True)
class Visit:
    """One caller's request, with what it may reach."""

    caller: Caller
    reach: Reach

    async def faber(self) -> Faber:
        """Signs with the caller's name, whatever a body says. Errors: Unreachable."""
        return replace(await self.reach.faber(), by=self.caller.name)

    async def run(self, run_id: str) -> RunSummary:
        """Raises NoSuchRun also for another tenant's run, in the same words."""
        try:
            found = await (await self.reach.faber()).find(run_id)
        except NoSuchRun:
            found = None
        if found is None or found.tenant != self.caller.tenant:
            raise NoSuchRun(f"no run is called {run_id!r} here")
        # The request's span is of this run too.
        trace.get_current_span().set_attribute("run_id", run_id)
        return found
