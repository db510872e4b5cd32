"""`make demo`: one work item of a small real repository, from the described bug to a pull request."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowFailureError, WorkflowHandle

from adapters.engine.binary import find_cli
from adapters.engine.dev_server import start_dev_server
from faber.connection import connect
from faber.contract.delivery import RunInput, RunResult, Status, WaitingOn
from faber.contract.names import TASK_QUEUE
from faber.contract.workflows import FaberRun
from faber.errors import FaberError
from faber.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "slugify"
OPENAI_MODEL = "openai:gpt-6.1-sol"
WORKER_READY_S = 60.0


def say(text: str = "") -> None:
    print(text, flush=True)


def title(text: str) -> None:
    say(f"\n== {text}")


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=demo", "-c", "user.email=demo@localhost", "-c", "init.defaultBranch=main")
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout


def make_repository(folder: Path, models: str | None) -> Path:
    """A checkout with an origin beside it, as a team would have. `models` replaces every phase's model."""
    checkout, origin = folder / "slugs", folder / "origin.git"
    shutil.copytree(
        EXAMPLE / "repository", checkout, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache")
    )
    if models is not None:
        config = checkout / ".fractary" / "config.yaml"
        lines = "".join(
            f"    {phase}: {models}\n" for phase in ("frame", "architect", "build", "evaluate", "release")
        )
        config.write_text(config.read_text().replace("workflow:\n", f"workflow:\n  models:\n{lines}", 1))
    git(folder, "init", "-q", "--bare", str(origin))
    git(checkout, "init", "-q")
    git(checkout, "add", "-A")
    git(checkout, "commit", "-qm", "Slugs, as they are today")
    git(checkout, "remote", "add", "origin", str(origin))
    git(checkout, "push", "-q", "-u", "origin", "main")
    return checkout


def chosen_model(environment: Mapping[str, str]) -> tuple[str | None, str]:
    if environment.get("ANTHROPIC_API_KEY"):
        return None, "Anthropic, by ANTHROPIC_API_KEY"
    if environment.get("OPENAI_API_KEY"):
        return OPENAI_MODEL, f"{OPENAI_MODEL}, by OPENAI_API_KEY"
    return "scripted:script", "scripted: its words are prepared; every tool, check, commit and push is real"


@contextlib.asynccontextmanager
async def worker(environment: dict[str, str], log: Path) -> AsyncIterator[None]:
    """The worker as a process of its own, ended on the way out."""
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(ROOT / "worker.py"), cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    try:
        deadline = time.monotonic() + WORKER_READY_S
        while "worker ready" not in log.read_text():
            if process.returncode is not None or time.monotonic() > deadline:
                raise FaberError(f"the worker did not start; its log is {log}:\n{log.read_text()[-2000:]}")
            await asyncio.sleep(0.1)
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def answer(item: WaitingOn, cli: Path, environment: Mapping[str, str]) -> None:
    """A person's answer on a terminal; without one, the Temporal CLI's."""
    say(f"  gate  {item.gate}: {item.what}")
    say(f"        by itself: {item.by_itself} {item.at or ''}")
    decision = from_terminal(item) if sys.stdin.isatty() else unattended(item)
    command = ["temporal", "workflow", "update", "execute", "-w", run_of(item), "--name", "decide"]
    command += ["--input", json.dumps(decision)]
    say(f"        $ {shlex.join(command)}")
    done = subprocess.run([str(cli), *command[1:]], env=dict(environment), capture_output=True, text=True)
    if done.returncode != 0:
        say(f"        refused: {done.stderr.strip()}")


def from_terminal(item: WaitingOn) -> dict[str, str]:
    said = input("        approve? [yes/no/revise] ").strip() or "yes"
    comment = input("        comment: ") if said != "yes" else ""
    who = {"actor": os.environ.get("USER", "you"), "via": "terminal"}
    return {"decision": said, "request_id": item.request_id, "comment": comment, **who}


def unattended(item: WaitingOn) -> dict[str, str]:
    """A repair or a higher limit takes a person: approved without one, the same question would come for ever."""
    approved = item.kind == "approval"
    comment = "" if approved else "nobody is here to see to it"
    who = {"actor": "demo", "via": "temporal-cli"}
    decision = "approve" if approved else "reject"
    return {"decision": decision, "request_id": item.request_id, "comment": comment, **who}


def run_of(item: WaitingOn) -> str:
    words = shlex.split(item.temporal_command)
    return words[words.index("-w") + 1]


class Follower:
    """Prints what is new in each snapshot."""

    def __init__(self) -> None:
        self._printed: set[str] = set()
        self._began = time.monotonic()

    def show(self, status: Status) -> None:
        self._once(f"phase {status.current_phase}, round {status.round}")
        for phase in status.completed_phases:
            self._once(f"done  {phase}")
        for note in status.notes:
            self._once(f"note  {note}")
        if status.retry_count:
            self._once(f"retry {status.retry_count}: the engine's own checks sent the work back to build")
        self._once(
            f"spent ${status.cost_usd:.4f} in {status.cost.calls} calls", key=f"{status.cost.calls // 4}"
        )

    def _once(self, text: str, key: str | None = None) -> None:
        if (key or text) not in self._printed:
            self._printed.add(key or text)
            say(f"  {time.monotonic() - self._began:5.1f} s  {text}")


async def follow(
    handle: WorkflowHandle[Any, RunResult], cli: Path, environment: Mapping[str, str]
) -> RunResult:
    follower, answered = Follower(), set[str]()
    ended = asyncio.ensure_future(handle.result())
    while not ended.done():
        status = await handle.query(FaberRun.status)
        follower.show(status)
        for item in status.waiting_on:
            if item.request_id not in answered:
                answered.add(item.request_id)
                await asyncio.to_thread(answer, item, cli, environment)
        await asyncio.wait([ended], timeout=0.2)
    return await ended


def show_result(result: RunResult, checkout: Path) -> None:
    title(f"Result: {result.status}, ${result.cost_usd:.4f}, {result.retry_count} retry")
    for item in result.evidence:
        sha = (item.sha or "")[:12]
        say(f"  {'ok ' if item.ok else 'NO '} {item.phase:9} {item.kind:13} {sha:12} {item.what[:90]}")
    say(f"  commands were confined by: {result.sandbox}")
    title("The change, as it was pushed")
    say(
        git(checkout, "fetch", "-q", "origin")
        + git(checkout, "log", "--oneline", f"main..origin/{result.branch_name}")
    )
    say(git(checkout, "diff", f"main...origin/{result.branch_name}", "--", "slugs"))


async def demo(folder: Path) -> int:
    models, who = chosen_model(os.environ)
    title("A small repository whose tests describe a bug")
    checkout = make_repository(folder, models)
    tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--no-header"], cwd=checkout, capture_output=True, text=True
    )
    say("  " + "\n  ".join(tests.stdout.strip().splitlines()[-5:]))
    environment = dict(os.environ) | {
        "FABER_DATA_DIR": str(folder / "data"),
        "FABER_SCRIPTS": str(EXAMPLE),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    title("A Temporal server and a worker, beside whatever runs here already")
    cli = await find_cli(Settings.read(environment), say)
    async with temporal(Settings.read(environment), cli) as (address, namespace, ui):
        environment |= {"TEMPORAL_ADDRESS": address, "TEMPORAL_NAMESPACE": namespace}
        say(f"  Temporal {address}, web UI {ui}/namespaces/{namespace}/workflows")
        async with worker(environment, folder / "worker.log"):
            client = await connect(Settings.read(environment))
            title(f"The run (model: {who})")
            handle = await client.start_workflow(
                FaberRun.run,
                RunInput(work_id="1", repo=str(checkout)),
                id=f"faber-slugs-{folder.name}-1",
                task_queue=TASK_QUEUE,
            )
            result = await follow(handle, cli, environment)
            show_result(result, checkout)
            where_to_look(result, checkout, f"{ui}/namespaces/{namespace}")
            if sys.stdin.isatty():
                await asyncio.to_thread(input, "\nPress Enter to stop the server and the worker. ")
    return 0 if result.status == "completed" else 1


@contextlib.asynccontextmanager
async def temporal(settings: Settings, cli: Path) -> AsyncIterator[tuple[str, str, str]]:
    """(address, namespace, web UI): a server of the demo's own, or the one that TEMPORAL_ADDRESS names."""
    if settings.temporal_address is not None:
        yield settings.temporal_address, settings.temporal_namespace or "default", "http://<its web UI>"
        return
    async with start_dev_server(settings.data_dir, cli, say) as server:
        yield server.engine.address, server.engine.namespace, server.engine.ui


def where_to_look(result: RunResult, checkout: Path, ui: str) -> None:
    title("Where to look")
    say(f"  history       {ui}/workflows/{result.workflow_id} (while this runs)")
    say(f"  again later   FABER_DATA_DIR={checkout.parent / 'data'} make dev")
    say(f"  branch        git -C {checkout} log origin/{result.branch_name}")
    say(f"  diff          git -C {checkout} diff main...origin/{result.branch_name}")
    say(f"  pull request  {result.pr_url}")
    say(f"  work item     {checkout}/.fractary/issues/1.md, its comment in 1.comments.md")
    say(f"  state         {checkout}/.fractary/faber/runs/{result.workflow_id}/state.json")


def main() -> int:
    folder = ROOT / ".faber" / "demo" / time.strftime("%Y%m%d-%H%M%S")
    folder.mkdir(parents=True)
    try:
        return asyncio.run(demo(folder))
    except WorkflowFailureError as error:
        say(f"\nthe run failed: {error.cause}")
    except FaberError as error:
        say(f"\n{error.message}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
