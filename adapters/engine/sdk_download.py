"""The Temporal CLI as the Python SDK downloads it."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from adapters.engine import CliSearch
from adapters.engine.found import working
from adapters.engine.long_command import run_long
from faber.errors import EngineUnavailable

TIMEOUT_S = 120.0

# The SDK has no call that only downloads, and the server that it starts prints to stdout: so a process of its
# own, whose last line of output is the reason when it fails.
DOWNLOAD = """
import asyncio, sys
from temporalio.testing import WorkflowEnvironment

async def download(folder):
    server = await WorkflowEnvironment.start_local(download_dest_dir=folder)
    await server.shutdown()

try:
    asyncio.run(download(sys.argv[1]))
except RuntimeError as problem:
    sys.exit(str(problem).splitlines()[0])
"""


def sdk_download(search: CliSearch) -> Path:
    with TemporaryDirectory(dir=search.cache, prefix="sdk-") as scratch:
        run_long(
            [sys.executable, "-P", "-c", DOWNLOAD, scratch],
            label="downloading the Temporal CLI",
            environment=search.environment,
            cwd=Path(scratch),
            timeout_s=TIMEOUT_S,
            say=search.say,
        )
        fetched = [file for file in Path(scratch).iterdir() if file.name.startswith("temporal")]
        if len(fetched) != 1:
            raise EngineUnavailable(f"the SDK left {len(fetched)} programs where one was expected")
        return working(fetched[0]).replace(search.cached)
