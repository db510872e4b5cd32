"""What was asked: one HTTP call of any of the three protocols, and the place in the script that it means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import Any

PLACE = re.compile(r"Phase: (?P<phase>\w+), round (?P<round>\d+)(?:, turn (?P<turn>\d+))?")


@dataclass
class Call:
    """`headers` are in lower case. `outcome` is `answer`, a status, or the name of the fault it met."""

    number: int
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    phase: str = ""
    round: int = 1
    turn: int = 1
    outcome: str = "answer"

    @property
    def key(self) -> str:
        """The API key that came with it, whichever header carries it."""
        return self.headers.get("x-api-key") or self.headers.get("authorization", "").removeprefix("Bearer ")

    @property
    def model(self) -> str:
        return str(self.body.get("model", ""))

    @property
    def tools(self) -> set[str]:
        return {name_of(tool) for tool in self._offered()}

    @property
    def custom_tools(self) -> set[str]:
        """Those that take plain text instead of JSON arguments (Responses API only)."""
        return {name_of(tool) for tool in self._offered() if tool.get("type") == "custom"}

    @property
    def system(self) -> str:
        """The system text of any protocol."""
        first = self.body.get("system") or self.body.get("instructions") or ""
        return "\n".join([text_of(first), *(text for role, text in entries(self.body) if role == "system")])

    def _offered(self) -> list[dict[str, Any]]:
        """Codex offers its tools within the conversation, and in namespaces."""
        said = self.body.get("input")
        items = said if isinstance(said, list) else []
        offers = [self.body, *(item for item in items if item.get("type") == "additional_tools")]
        tools = [tool for offer in offers for tool in offer.get("tools") or []]
        return [inner for tool in tools for inner in (tool.get("tools") or [tool])]

    def find_place(self) -> None:
        """Fills in phase, round and turn: from the system text, else from the user's last words on it."""
        said = entries(self.body)
        texts = [self.system, *(text for role, text in reversed(said) if role == "user")]
        found = next((match for text in texts if (match := PLACE.search(text))), None)
        self.turn = _turn([role for role, _ in said])
        if found is not None:
            self.phase, self.round = found["phase"], int(found["round"])
            self.turn = int(found["turn"] or self.turn)


def entries(body: dict[str, Any]) -> list[tuple[str, str]]:
    """(role, text) of the conversation; role is system, user, assistant or tool."""
    given = body.get("messages") or body.get("input") or []
    if isinstance(given, str):
        return [("user", given)]
    return [_entry(one) for one in given]


def name_of(tool: dict[str, Any]) -> str:
    return str(tool.get("name") or tool.get("function", {}).get("name", ""))


def text_of(content: Any) -> str:
    if isinstance(content, list):
        return "\n".join(text_of(part) for part in content)
    if isinstance(content, dict):
        return text_of(content.get("text") or content.get("content") or "")
    return str(content or "")


def _entry(one: dict[str, Any]) -> tuple[str, str]:
    kind = str(one.get("type") or "message")
    if kind.endswith("_output"):
        return "tool", text_of(one.get("output"))
    if kind != "message" and "role" not in one:
        return "assistant", ""
    content, role = one.get("content"), str(one["role"])
    if isinstance(content, list) and any(part.get("type") == "tool_result" for part in content):
        role = "tool"
    return {"developer": "system"}.get(role, role), text_of(content)


def _turn(roles: list[str]) -> int:
    """1 + how often the model has spoken since the user did; neighbouring items of it are one answer."""
    runs = [role for role, _ in groupby(role for role in roles if role != "system")]
    since = runs[len(runs) - runs[::-1].index("user") :] if "user" in runs else runs
    return since.count("assistant") + 1
