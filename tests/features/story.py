"""One scenario as it goes: who asks, what was answered, and the names that later steps use."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import httpx
import yaml

from adapters.models.script import Script, Turn
from tests.http_api.asking import closed, comes_to, gate
from tests.http_api.places import ANN, OLGA, PAUL, TIM, TOM, VIC
from tests.http_api.test_events import Heard, listening
from tests.stand_in import ModelServer
from tests.waiting import eventually

WHO = {
    "the operator": OLGA,
    "the approver": PAUL,
    "a viewer": VIC,
    "the owner": ANN,
    "a tenant": TOM,
    "another tenant": TIM,
    "somebody without a key": None,
}
OWNER = "the owner"
PLACEHOLDER = re.compile(r"(?<!\{)\{(\w+)\}(?!\})")
ENDS = ("completed", "failed", "canceled", "cancelled")


class InOrder(Script):
    """Each call gets the next answer, and the last one stays."""

    def turn(self, phase: str, round_: int, turn: int) -> Turn:
        [answers] = self.phases["any"]
        return answers.pop(0) if len(answers) > 1 else answers[0]


def fresh(word: str) -> str:
    return f"{word}-{uuid.uuid4().hex[:10]}"


@dataclass
class Story:
    """`document` is what was looked at last; `names` stand for themselves in braces."""

    run: Callable[[Coroutine[Any, Any, Any]], Any]
    clients: dict[str, httpx.AsyncClient]
    provider: ModelServer
    names: dict[str, str] = field(default_factory=dict)
    answers: list[httpx.Response] = field(default_factory=list)
    document: Any = None
    heard: Heard | None = None
    asked_before: int = 0
    opened: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    def __post_init__(self) -> None:
        self.names |= {name: fresh(name[0]) for name in ("workflow_id", "other_id", "key", "project")}

    def filled(self, text: str) -> str:
        """With what the names stand for. Errors: KeyError."""
        return PLACEHOLDER.sub(lambda found: self.names[found[1]], text)

    def meant(self, text: str) -> Any:
        """What a step's text means, which is written in YAML."""
        return yaml.safe_load(self.filled(text))

    def ask(self, who: str, method: str, path: str, body: str = "", *, text: bool = False) -> None:
        self.asks(1, who, method, path, body, text=text)

    def asks(self, times: int, who: str, method: str, path: str, body: str, *, text: bool = False) -> None:
        """So often at once."""
        given: dict[str, Any] = {}
        if text:
            given = {"content": self.filled(body), "headers": {"Content-Type": "application/yaml"}}
        elif body:
            given = {"json": self.meant(body)}
        request = [self.clients[who].request(method, self.filled(path), **given) for _ in range(times)]
        self.answers = self.run(together(request))
        last = self.answers[-1]
        self.document = last.json() if last.content else None
        if isinstance(self.document, dict) and "run_id" in self.document:
            self.names["run_id"] = self.document["run_id"]

    def waits(self, where: str) -> None:
        self.document = self.run(gate(self.clients[OWNER], self.names["run_id"], where))
        self.names["request_id"] = self.document["request_id"]

    def comes(self, kind: str, status: str) -> None:
        """An end is there when Temporal has ended the run too."""
        run_id, owner = self.names["run_id"], self.clients[OWNER]
        path = f"/v1/{kind}s/{run_id}"
        self.document = self.run(comes_to(owner, path, status))
        if status in ENDS:
            self.run(closed(owner, run_id))

    def listen(self, who: str) -> None:
        self.heard = self.run(self.opened.enter_async_context(listening(self.clients[who])))

    def hears(self, status: str) -> None:
        heard, run_id = self.heard, self.names["run_id"]
        assert heard is not None, "nobody listens"
        told = eventually(
            lambda: status in [event["data"]["status"] for event in heard.of(run_id)],
            f"it is heard that {run_id} is {status}",
        )
        self.run(told)

    def prepare(self, answers: list[Any]) -> None:
        """What the provider says to the next calls."""
        turns = [Turn(structured=answer) for answer in answers]
        self.provider.script = InOrder(phases={"any": [turns]})
        self.asked_before = len(self.provider.calls)

    def at(self, path: str) -> Any:
        """The value there in the document, as in `items.0.status`."""
        value = self.document
        for part in path.split("."):
            try:
                value = value[int(part)] if isinstance(value, list) else value[part]
            except (KeyError, IndexError, TypeError):
                raise AssertionError(f"there is no {path!r} in {json.dumps(self.document)[:2000]}") from None
        return value


async def together(requests: list[Coroutine[Any, Any, httpx.Response]]) -> list[httpx.Response]:
    return list(await asyncio.gather(*requests))
