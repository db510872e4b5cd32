"""The worker that every hostile run meets, and the command line of somebody who looks at such a run."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

from temporalio.client import Client


@dataclass(frozen=True)
class Room:
    """`environment` is the worker's, secrets included; `pid` the worker's own."""

    client: Client
    environment: dict[str, str]
    data_dir: Path
    server_dir: Path
    home: Path
    log: Path
    pid: int

    async def faber(self, folder: Path, *argv: str) -> tuple[int, str, str]:
        """(exit code, stdout, stderr) of `python -m faber.api`, spawned without a terminal."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "faber.api", *argv),
            cwd=folder,
            env=self.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=pipe,
            stderr=pipe,
        )
        out, err = await process.communicate()
        return process.returncode or 0, out.decode(), err.decode()
