"""`make dev`: a worker that is begun anew when the code changes, and when it was killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from watchfiles import PythonFilter, watch

ROOT = Path(__file__).resolve().parent.parent
WORKER = (sys.executable, "worker.py", "--dev", "--http")
ROOMS = ("worker.py", "assembly.py", "workflows", "activities", "adapters", "domain", "client", "http_api")
LOOKED_EVERY_MS = 300
# An editor's save and a checkout write more than once.
SETTLED_AFTER_S = 2.0
ENDS_WITHIN_S = 40.0
SHORT_LIFE_S = 10.0
PAUSES_S = (1.0, 30.0)


class Kept:
    """One process, and whether it is worth beginning again when it has ended by itself."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._pause = PAUSES_S[0]
        self._again_at: float | None = None
        self._waits = False
        self.begin()

    def begin(self) -> None:
        self._began, self._again_at, self._waits = time.monotonic(), None, False
        self._process = subprocess.Popen(self._command, cwd=ROOT)

    def look(self) -> None:
        if self._waits or (code := self._process.poll()) is None:
            return
        if self._again_at is None:
            self._ended(code)
        elif time.monotonic() >= self._again_at:
            self.begin()

    def _ended(self, code: int) -> None:
        lived = time.monotonic() - self._began
        if code > 0 and lived < SHORT_LIFE_S:
            # What is wrong at the start, and was said, is wrong the next time too.
            self._waits = True
            say(f"the worker ended with {code}; it begins again when the code changes")
            return
        self._pause = min(2 * self._pause, PAUSES_S[1]) if lived < SHORT_LIFE_S else PAUSES_S[0]
        self._again_at = time.monotonic() + self._pause
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
        say(f"the worker {how}; it begins again in {self._pause:g} s")

    def changed(self, paths: Sequence[str]) -> None:
        if time.monotonic() - self._began < SETTLED_AFTER_S:
            return
        say(f"{', '.join(sorted(paths)[:3])} changed; the worker begins again")
        self.end()
        self.begin()

    def end(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            say(f"the worker did not end within {ENDS_WITHIN_S:g} s and is killed")
            self._process.kill()
            self._process.wait()


def say(text: str) -> None:
    print(f"dev: {text}", file=sys.stderr, flush=True)


def main(argv: Sequence[str]) -> int:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    watched = watch(
        *(ROOT / room for room in ROOMS),
        watch_filter=PythonFilter(),
        rust_timeout=LOOKED_EVERY_MS,
        yield_on_timeout=True,
        stop_event=stop,
    )
    kept = Kept(argv or WORKER)
    try:
        for changes in watched:
            if changes:
                kept.changed([str(Path(path).relative_to(ROOT)) for _, path in changes])
            kept.look()
    finally:
        kept.end()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
