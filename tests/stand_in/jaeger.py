"""The real Jaeger as a receiver: found, or built once by `python -m tests.stand_in.jaeger` where Go is present."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapters.engine.long_command import run_long
from faber.settings import Settings
from tests.stand_in.otlp import Heard
from tests.waiting import wait_until

VERSION = "v1.76.0"
MODULE = f"github.com/jaegertracing/jaeger@{VERSION}"
BUILD_WITHIN_S = 1800.0


def cached(settings: Settings) -> Path:
    return settings.cache_dir / f"jaeger-{VERSION}"


def find_jaeger(environment: Mapping[str, str]) -> Path | None:
    """JAEGER_PATH, else the one that was built; None where there is neither."""
    named = environment.get("JAEGER_PATH")
    path = Path(named) if named else cached(Settings.read(environment))
    return path if path.is_file() else None


def build(settings: Settings) -> Path:
    """Its module has no command that `go install` takes: it is copied, because the module cache is read-only."""
    downloaded = subprocess.run(
        ["go", "mod", "download", "-json", MODULE], capture_output=True, text=True, check=True
    )
    settings.cache_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.cache_dir, prefix="jaeger-") as scratch:
        source = Path(scratch) / "source"
        shutil.copytree(json.loads(downloaded.stdout)["Dir"], source)
        for path in (source, *source.rglob("*")):
            path.chmod(path.stat().st_mode | 0o200)
        run_long(
            ["go", "build", "-o", f"{scratch}/jaeger", "./cmd/all-in-one"],
            label="building Jaeger",
            environment=settings.environment,
            cwd=source,
            timeout_s=BUILD_WITHIN_S,
            say=lambda line: print(line, file=sys.stderr),
        )
        return (Path(scratch) / "jaeger").replace(cached(settings))


class Jaeger:
    """Keeps its traces in memory, on free ports of loopback."""

    def __init__(self, binary: Path) -> None:
        names = ("otlp", "query", "otlp_http", "admin", "grpc", "http", "query_grpc")
        ports = dict(zip(names, free_ports(len(names)), strict=True))
        self.grpc_url = f"http://127.0.0.1:{ports['otlp']}"
        self._query = f"http://127.0.0.1:{ports['query']}"
        self._argv = [
            str(binary),
            "--log-level=error",
            f"--collector.otlp.grpc.host-port=127.0.0.1:{ports['otlp']}",
            f"--collector.otlp.http.host-port=127.0.0.1:{ports['otlp_http']}",
            f"--collector.grpc-server.host-port=127.0.0.1:{ports['grpc']}",
            f"--collector.http-server.host-port=127.0.0.1:{ports['http']}",
            f"--query.http-server.host-port=127.0.0.1:{ports['query']}",
            f"--query.grpc-server.host-port=127.0.0.1:{ports['query_grpc']}",
            f"--admin.http.host-port=127.0.0.1:{ports['admin']}",
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Jaeger:
        quiet = subprocess.DEVNULL
        process = self._process = subprocess.Popen(self._argv, stdin=quiet, stdout=quiet, stderr=quiet)

        def ready() -> bool:
            assert process.poll() is None, f"Jaeger ended with {process.returncode}"
            try:
                return self._get("/api/services") is not None
            except OSError:
                return False

        wait_until(ready, "Jaeger answered")
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            # It keeps nothing, and would take ten seconds to say goodbye.
            self._process.kill()
            self._process.wait()

    @property
    def spans(self) -> list[Heard]:
        found = {}
        for service in self._get("/api/services")["data"] or []:
            for trace in self._get(f"/api/traces?service={service}&limit=1000")["data"]:
                for span in trace["spans"]:
                    found[span["spanID"]] = heard(span, trace["processes"])
        return list(found.values())

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self._query}{path}", timeout=10) as answer:
            return json.load(answer)


def heard(span: dict[str, Any], processes: dict[str, Any]) -> Heard:
    attributes = plain(span["tags"])
    events = [plain(log["fields"]) for log in span["logs"]]
    above = [ref["spanID"] for ref in span["references"] if ref["refType"] == "CHILD_OF"]
    return Heard(
        service=processes[span["processID"]]["serviceName"],
        name=span["operationName"],
        trace_id=span["traceID"],
        span_id=span["spanID"],
        parent_id=above[0] if above else "",
        attributes=attributes,
        events=[(event.pop("event"), event) for event in events],
        error=attributes.get("otel.status_description", "") if attributes.get("error") else None,
        seconds=span["duration"] / 1e6,
    )


def plain(tags: list[dict[str, Any]]) -> dict[str, Any]:
    return {tag["key"]: tag["value"] for tag in tags}


def free_ports(count: int) -> list[int]:
    """Held all at once while they are looked for, so that none is found twice."""
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [int(one.getsockname()[1]) for one in held]
    for one in held:
        one.close()
    return ports


if __name__ == "__main__":
    print(find_jaeger(os.environ) or build(Settings.read()))
