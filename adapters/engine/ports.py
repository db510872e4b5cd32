"""TCP ports of the loopback interface: which is free, and whether a process has taken one."""

from __future__ import annotations

import socket

import psutil

from faber.errors import EngineUnavailable

LOOPBACK = "127.0.0.1"
SPAN = 100


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the server does: a port whose last connections are still winding down counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def first_free(preferred: int, but_not: int | None = None) -> int:
    """`preferred`, or the next free port above it."""
    for port in range(preferred, min(preferred + SPAN, 65536)):
        if port != but_not and is_free(port):
            return port
    raise EngineUnavailable(
        f"ports {preferred} to {preferred + SPAN - 1} of {LOOPBACK} are all taken. End what uses them."
    )


def listens(process: psutil.Process, port: int) -> bool:
    try:
        connections = process.net_connections("tcp")
    except psutil.NoSuchProcess:
        return False
    return any(c.status == psutil.CONN_LISTEN and c.laddr.port == port for c in connections)
