"""A model whose answers are prepared in a file: for trying FABER without a key, and for its own tests."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from adapters.models import ModelAnswer, ModelRequest, ToolCall
from adapters.models.reply import Reply, priced
from adapters.models.script import Script, Turn, call_id
from adapters.models.tokens import estimate
from faber.errors import LLMError

FOLDER_VARIABLE = "FABER_SCRIPTS"


class Scripted:
    """A Model for `scripted:<name or absolute path>`. The same phase, round and turn get the same answer;
    only `error.times` is counted, in this process."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._read: dict[tuple[Path, int], Script] = {}
        self._failed: Counter[tuple[Path, str, int, int]] = Counter()

    async def answer(self, request: ModelRequest) -> ModelAnswer:
        path = self._path(request.model.partition(":")[2])
        script = self._script(path)
        turn = script.turn(request.phase, request.round, request.turn)
        if turn.delay_s:
            await asyncio.sleep(turn.delay_s)
        if turn.error is not None:
            place = (path, request.phase, request.round, request.turn)
            self._failed[place] += 1
            if self._failed[place] <= turn.error.times:
                raise LLMError(turn.error.kind, turn.error.message, provider="scripted", model=script.model)
        return priced(request, _reply(request, script, turn))

    def _script(self, path: Path) -> Script:
        """Read again only when the file has changed: parsing YAML takes longer than answering."""
        version = (path, path.stat().st_mtime_ns if path.exists() else 0)
        if version not in self._read:
            self._read[version] = Script.read(path)
        return self._read[version]

    def _path(self, name: str) -> Path:
        folder = self._environment.get(FOLDER_VARIABLE, "")
        if not folder and not Path(name).is_absolute():
            raise LLMError(
                "NOT_FOUND",
                f"The script {name} is not an absolute path and {FOLDER_VARIABLE} is not set; "
                "set it to the folder of your scripts.",
            )
        # An absolute name wins over the folder it is joined to.
        path = Path(folder) / name
        candidates = [path, path.with_name(f"{path.name}.yaml"), path.with_name(f"{path.name}.yml")]
        return next((one for one in candidates if one.is_file()), path)


def _reply(request: ModelRequest, script: Script, turn: Turn) -> Reply:
    calls = [
        ToolCall(
            id=call_id(request.phase, request.round, request.turn, place),
            name=call.name,
            arguments=call.arguments,
        )
        for place, call in enumerate(turn.tool_calls)
    ]
    written = turn.text if turn.structured is None else turn.text + json.dumps(turn.structured)
    # Counting characters is this model's own way of counting, so it is no estimate.
    usage = turn.usage or estimate(request, written, calls).model_copy(update={"estimated": False})
    return Reply(
        text=turn.text,
        tool_calls=calls,
        structured=turn.structured,
        usage=usage,
        finish_reason="tool_calls" if calls else "stop",
        model_version=script.model,
    )
