"""`python -m http_api`: the HTTP API on this host, until Ctrl-C; settings come from the environment."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from adapters.telemetry import Telemetry
from adapters.telemetry.logs import start_logging
from adapters.telemetry.start import start_telemetry
from faber.env_file import read_env_file
from faber.errors import FaberError
from http_api.serving import serve
from http_api.settings import ApiSettings


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


async def main() -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    telemetry = Telemetry()
    try:
        read_env_file()
        start_logging(os.environ)
        settings = ApiSettings.read(os.environ)
        telemetry = start_telemetry(settings.faber, "faber-api", say)
        await serve(settings, stop, say, telemetry=telemetry)
    except FaberError as error:
        say(f"http_api: {error.message}")
        return 2
    finally:
        await asyncio.to_thread(telemetry.close)
    return 0


if __name__ == "__main__":
    code = asyncio.run(main())
    sys.stderr.flush()
    # Without the interpreter's own teardown, in which the SDK's native threads sometimes abort.
    os._exit(code)
