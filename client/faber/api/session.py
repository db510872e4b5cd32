"""One connection for the length of one command; Temporal's client is imported here and not before."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from faber.api.console import Console
from faber.api.exits import exits

if TYPE_CHECKING:
    import asyncio

    from faber.client import Faber

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Session:
    """`ask` runs one piece of async work to its end; between two of them the terminal is free for a question."""

    console: Console
    runner: asyncio.Runner
    faber: Faber

    def ask(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return self.runner.run(work)


@contextmanager
def session(interrupted: str = "interrupted") -> Iterator[Session]:
    """Ends the process with the contract's exit code on whatever is raised inside."""
    import asyncio

    console = Console()
    with exits(console, interrupted), asyncio.Runner() as runner:
        yield Session(console, runner, runner.run(_connect()))


async def _connect() -> Faber:
    from temporalio.runtime import Runtime, TelemetryConfig

    from faber.client import Faber

    # The SDK's core logs to stdout, which belongs to the document.
    Runtime.set_default(Runtime(telemetry=TelemetryConfig(logging=None)))
    return await Faber.connect(via="cli")


def answer(work: Callable[[Faber], Coroutine[Any, Any, Any]], run_id: str | None = None) -> None:
    """Prints what `work` answers with as the one document. With `run_id` Ctrl-C says that the run goes on."""
    hint = f"interrupted: {run_id} goes on" if run_id else "interrupted"
    with session(hint) as current:
        current.console.document(as_document(current.ask(work(current.faber))))


def as_document(content: Any) -> Any:
    """Plain JSON of a model; of a result without what it has nothing to say about."""
    from pydantic import BaseModel

    from faber.contract.delivery import RunResult

    if isinstance(content, RunResult):
        document = content.model_dump(mode="json", exclude_none=True)
        return {key: value for key, value in document.items() if value != "" or key not in OPTIONAL}
    return content.model_dump(mode="json") if isinstance(content, BaseModel) else content


OPTIONAL = frozenset({"pr_url", "error", "error_phase"})
