"""The stand-in as a program; it prints its address and serves until it is ended. SIGUSR1 releases held calls."""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path

from tests.stand_in.server import ModelServer


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.stand_in", description=__doc__)
    options.add_argument("--script", type=Path, required=True, help="YAML file of prepared answers")
    options.add_argument("--port", type=int, default=0, help="0 takes a free one")
    options.add_argument("--log", type=Path, help="file that gets one JSON line per call")
    given = options.parse_args()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with ModelServer(given.script, given.port, given.log) as server:
        signal.signal(signal.SIGUSR1, lambda *_: server.release())
        print(server.url, flush=True)
        ended.wait()


if __name__ == "__main__":
    main()
