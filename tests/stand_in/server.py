"""The stand-in itself: it counts every call, meets it with the next fault or with the script's answer."""

from __future__ import annotations

import json
import threading
from collections import Counter, deque
from collections.abc import Mapping
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from adapters.models.catalogue import PROVIDERS
from adapters.models.script import Script, Turn
from faber.errors import LLMError
from tests.stand_in.call import Call
from tests.stand_in.faults import HANGING, Fault, as_written, refusal
from tests.stand_in.handler import Handler
from tests.stand_in.words import Words, words_of

Prepared = Script | Path | Mapping[str, Any]


class ModelServer:
    """`calls` holds every model call, also those refused, and `looked_up` the models that were asked about by name;
    `lacking` says what is answered about those that there are not. Assign `script` to change the answers.

    `log`: a file that gets one JSON line per call on arrival, so that a count outlives the server."""

    def __init__(
        self, script: Prepared, port: int = 0, log: Path | None = None, report_usage: bool = True
    ) -> None:
        self.script = as_script(script)
        self.calls: list[Call] = []
        self.report_usage = report_usage
        self.looked_up: list[str] = []
        self.lacking: dict[str, Fault] = {}
        self._log = log
        self._faults: deque[Fault] = deque()
        self._met: Counter[tuple[str, int, int]] = Counter()
        self._lock = threading.Lock()
        self.released = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", port), type("Bound", (Handler,), {"server_of": self}))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> ModelServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.released.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    @property
    def url(self) -> str:
        """Without /v1: what ANTHROPIC_BASE_URL wants."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def environment(self, **more: str) -> dict[str, str]:
        """Variables that send every provider here, with a key for each."""
        keys = {provider.key_variable: f"key-of-{provider.name}" for provider in PROVIDERS.values()}
        urls = {provider.base_url_variable: f"{self.url}/v1" for provider in PROVIDERS.values()}
        return {**keys, **urls, "ANTHROPIC_BASE_URL": self.url, **more}

    def meet_next(self, *faults: Fault) -> None:
        """The next calls meet these, one each; the calls after them are answered from the script."""
        with self._lock:
            self._faults.extend(faults)

    def release(self) -> None:
        """Lets every call that hangs, now or later, have its answer."""
        self.released.set()

    def count(self, phase: str | None = None) -> int:
        return sum(phase is None or call.phase == phase for call in self.calls)

    def take(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> tuple[Call, Fault | Words]:
        """Counts a call and decides what it gets. Called by the handler's thread; may wait as told to."""
        with self._lock:
            call = Call(len(self.calls) + 1, path, headers, body)
            self.calls.append(call)
            call.find_place()
            if not call.phase and len(self.script.phases) == 1:
                call.phase = next(iter(self.script.phases))
            fault, turn = self._decide(call)
            call.outcome = fault.outcome if fault else "answer"
            self._write(call)
        if turn.delay_s:
            self.released.wait(turn.delay_s)
        if fault is HANGING:
            self.released.wait()
        elif fault is not None:
            return call, fault
        return call, words_of(turn, call, self.report_usage)

    def _decide(self, call: Call) -> tuple[Fault | None, Turn]:
        try:
            turn = self.script.turn(call.phase, call.round, call.turn)
        except LLMError as error:
            return self._next_fault() or refusal(400, error.message), Turn()
        fault = self._next_fault()
        place = (call.phase, call.round, call.turn)
        if fault is None and turn.error is not None and self._met[place] < turn.error.times:
            self._met[place] += 1
            fault = as_written(turn.error)
        return fault, turn

    def _next_fault(self) -> Fault | None:
        return self._faults.popleft() if self._faults else None

    def _write(self, call: Call) -> None:
        if self._log is None:
            return
        fields = ("number", "path", "model", "phase", "round", "turn", "outcome")
        with self._log.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps({name: getattr(call, name) for name in fields}) + "\n")


def as_script(prepared: Prepared) -> Script:
    if isinstance(prepared, Script):
        return prepared
    return Script.read(prepared) if isinstance(prepared, Path) else Script.model_validate(prepared)
