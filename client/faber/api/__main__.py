"""`python -m faber.api`: the command line."""

from __future__ import annotations

import os
import sys
import traceback
from types import TracebackType
from typing import NoReturn

from faber.api import interrupts


def main() -> None:
    interrupts.before_a_command()
    sys.excepthook = _unexpected
    # Loading these takes most of the time until a command begins.
    from faber.api.commands import app
    from faber.api.exits import code_of
    from faber.env_file import read_env_file
    from faber.errors import FaberError

    try:
        read_env_file()
        app(prog_name="python -m faber.api")
    except FaberError as error:
        # Of words that do not fit before there is anything to ask.
        print(error.message, file=sys.stderr)
        _leave(code_of(error))
    except SystemExit as end:
        _leave(end.code if isinstance(end.code, int) else int(end.code is not None))


def _unexpected(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    traceback.print_exception(kind, error, trace, limit=-5)
    _leave(interrupts.CODE if issubclass(kind, KeyboardInterrupt) else 1)


def _leave(code: int) -> NoReturn:
    # A call to Temporal that an interrupt left open aborts an interpreter that ends in the usual way.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
