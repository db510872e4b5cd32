"""Starts the server that its argv names, prints the pid, and ends the server when stdin ends.

Stdin is a pipe from the worker, so the server cannot outlive it, however the worker dies. With `--detached`
as the first argument the server is left to itself. Runs as a script: standard library only.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from types import FrameType

GRACE_S = 10.0


def main(argv: list[str]) -> None:
    detached = argv[0] == "--detached"
    # The lock on the data folder is an inherited descriptor: it is free again when the server itself is gone.
    server = subprocess.Popen(
        argv[1:] if detached else argv,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        close_fds=False,
    )
    print(server.pid, flush=True)
    if detached:
        os._exit(0)
    signal.signal(signal.SIGTERM, _end_of_service)
    threading.Thread(target=_follow, args=(server,), daemon=True).start()
    try:
        sys.stdin.buffer.read()
    finally:
        _stop(server)


def _end_of_service(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def _follow(server: subprocess.Popen[bytes]) -> None:
    server.wait()
    os._exit(1)


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
