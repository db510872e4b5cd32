"""A definition's run that uses every type of step, with a service that counts what it is asked."""

from __future__ import annotations

import contextlib
import json
import threading
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.journal.folder import FolderJournal
from adapters.prices import cost_of, price_of
from adapters.records.sql import open_records
from faber.contract.definition_runs import DefinitionInput, DefinitionResult
from faber.contract.money import Usage
from faber.contract.names import TASK_QUEUE
from faber.contract.workflows import DefinitionRun
from tests.crash.outcome import money_agrees_with_the_provider
from tests.crash.places import HOLD_S, MODEL, USAGE, write_script
from tests.crash.processes import Server
from tests.crash.stage import Cast, programs
from tests.definitions.places import Desk, Handle, approve, definition, form, generate, step, when
from tests.definitions.service import Call, Service
from tests.waiting import eventually

APPROVERS = ["ann@example.org", "bea@example.org"]
WRITTEN = {"summary": "Grüße an Ada", "score": 3}
NAMES = ["a", "b", "c"]
PATHS = ["/told", *(f"/each/{name}" for name in NAMES), "/look"]
MODEL_CALLS = 1


def every_type(url: str, model: str = MODEL) -> dict[str, Any]:
    """`text` and `look` are under way at once."""
    call = {"method": "POST", "body": {"name": "{{ name }}"}}
    over = {"items": "names", "item": "one", "width": 2}
    return definition(
        form("who", "grown", {"key": "name", "required": True}, {"key": "age", "type": "integer"}),
        when("grown", "age >= 18", "fan", None),
        step("fan", "parallel", "each", parallel=["text", "look"]),
        generate("text", "more", model=model, prompt="About {{ name }}."),
        form("more", "each", {"key": "motto", "required": True}),
        step("look", "api_call", "each", url=f"{url}/look", **call),
        step("each", "api_call", "sign", url=f"{url}/each/{{{{ one }}}}", for_each=over, **call),
        approve("sign", "told", approvers=APPROVERS, min_approvals=2),
        step("told", "api_call", None, url=f"{url}/told", **call),
    )


@dataclass(kw_only=True)
class Defined(Cast):
    desk: Desk
    service: Service
    handle: Handle

    async def fill_in(self, form: str) -> None:
        await self.desk.fill(self.handle, form, **ANSWERS[form])

    async def sign(self) -> None:
        for who in APPROVERS:
            await self.desk.decide(self.handle, "sign", actor=who)

    def asked(self, path: str) -> int:
        return sum(call.path.startswith(path) for call in self.service.calls)

    def heard(self, step_id: str) -> bool:
        """Whether the answer to the step's call lies in the journal."""
        keys = FolderJournal(self.data).keys("")
        return any(
            f"/called/{step_id} " in key or (f"/{step_id}/" in key and key.endswith("/answer"))
            for key in keys
        )

    def hold_calls(self) -> None:
        self.service.hold = threading.Event()

    def answer_calls(self) -> None:
        assert self.service.hold is not None
        self.service.hold.set()

    async def go_on(self) -> None:
        """Answer whatever the run still asks, until it ends."""
        answered: set[str] = set()

        async def has_ended() -> bool:
            status = await self.desk.status(self.handle)
            assert status.error is None, status.error
            for waiting in status.waiting_on:
                if waiting.request_id not in answered:
                    answered.add(waiting.request_id)
                    await (self.sign() if waiting.kind == "approval" else self.fill_in(waiting.gate))
            return status.status == "completed"

        await eventually(has_ended, f"{self.handle.id} ends", 60)


ANSWERS: dict[str, dict[str, Any]] = {"who": {"name": "Ada Łukasz", "age": 36}, "more": {"motto": "先へ"}}


@contextlib.asynccontextmanager
async def defined(folder: Path, server: Server, *, held_model: bool = False) -> AsyncIterator[Defined]:
    """A run that has just been started. With `held_model` its model call gets no answer until told."""
    turn = {"structured": WRITTEN, "usage": USAGE, "delay_s": HOLD_S if held_model else 0.0}
    script = write_script(folder, {"model": "prepared", "phases": {"text": [[turn]]}})
    reachable = {"FABER_ALLOW_PRIVATE_ADDRESSES": "127.0.0.1"}
    with Service() as service:
        async with programs(folder, server, script, reachable) as (client, provider, worker):
            given = DefinitionInput(definition=every_type(service.url), inputs={"names": NAMES})
            handle = await client.start_workflow(
                DefinitionRun.run, given, id=f"def-crash-{uuid.uuid4().hex[:10]}", task_queue=TASK_QUEUE
            )
            yield Defined(
                folder=folder,
                server=server,
                worker=worker,
                provider=provider,
                desk=Desk(client, folder / "data"),
                service=service,
                handle=handle,
            )


async def ends_as_if_nothing_happened(
    run: Defined, *, lost_calls: int = 0, kills_amid_calls: int = 0, repeated: frozenset[str] = frozenset()
) -> None:
    """`lost_calls` and `kills_amid_calls` are of the model; `repeated` are the paths that a kill met under way."""
    await run.go_on()
    result = await run.handle.result()
    made_everything_once(result)
    every_call_has_its_one_key(run.service.calls, repeated)
    each_approver_was_told_once(run)
    await one_record_says_how_it_ended(run)
    bill = cost_of(price_of(MODEL, {}), Usage.model_validate(USAGE))
    cost = (await run.desk.status(run.handle)).cost
    money_agrees_with_the_provider(run, cost, MODEL_CALLS, lost_calls, lost_calls + kills_amid_calls, bill)


def made_everything_once(result: DefinitionResult) -> None:
    made = result.context.runtime
    assert result.status == "completed"
    assert (made["name"], made["age"], made["motto"]) == ("Ada Łukasz", 36, "先へ")
    assert made["text_output"] == WRITTEN
    assert made["look_output"]["body"] == {"path": "/look"}
    assert [item["body"]["path"] for item in made["each_output"]] == [f"/each/{name}" for name in NAMES]
    assert made["told_output"]["status"] == 200
    assert [vote["actor"] for vote in made["sign_output"]["approvals"]] == APPROVERS
    done = [(item.step_id, item.status, item.visit) for item in result.steps]
    assert sorted(done) == sorted(
        (step["id"], "completed", 1) for step in every_type("http://127.0.0.1")["steps"]
    )
    assert sorted(view.name for view in result.decisions) == ["more", "sign", "who"]
    assert not any("record" in note for note in result.notes), result.notes


def every_call_has_its_one_key(calls: list[Call], repeated: frozenset[str]) -> None:
    keys: defaultdict[str, list[str]] = defaultdict(list)
    for call in calls:
        keys[call.path].append(call.headers["idempotency-key"])
        assert call.json == {"name": "Ada Łukasz"}
    assert sorted(keys) == sorted(PATHS)
    assert len({key for of_path in keys.values() for key in of_path}) == len(PATHS)
    for path, of_path in keys.items():
        assert len(set(of_path)) == 1, f"{path} was asked with {of_path}"
        assert len(of_path) <= 1 + (path in repeated), f"{path} was asked {len(of_path)} times"


def each_approver_was_told_once(run: Defined) -> None:
    lines = [json.loads(line) for line in (run.data / "outbox.jsonl").read_text().splitlines()]
    assert sorted(line["to"] for line in lines) == APPROVERS


async def one_record_says_how_it_ended(run: Defined) -> None:
    records = open_records(f"sqlite:///{run.data / 'records.db'}")
    try:
        [row] = (await records.list_runs()).items
    finally:
        await records.close()
    assert (row.run_id, row.status, row.definition_id) == (run.handle.id, "completed", "tried")
    assert row.ended_at is not None
