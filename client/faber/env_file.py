"""`.env` beside `.env.example` in FABER's own folder: for the programs that people start, and for nothing else."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path

from faber.errors import ConfigurationError

NAMED = "FABER_ENV_FILE"


def read_env_file(environment: MutableMapping[str, str] | None = None) -> None:
    """Adds what `.env` says to the process's environment, which keeps whatever it has.

    Never a folder's that a program happens to be started in: another project's DATABASE_URL is not FABER's.
    FABER_ENV_FILE names another file, or none when it is empty. Errors: ConfigurationError."""
    environment = os.environ if environment is None else environment
    path = _path(environment)
    if path is None:
        return
    from dotenv import dotenv_values

    try:
        written = dotenv_values(path, interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error
    for name, value in written.items():
        if value is not None:
            environment.setdefault(name, value)


def _path(environment: MutableMapping[str, str]) -> Path | None:
    named = environment.get(NAMED)
    if named is not None:
        path = Path(named).expanduser()
        if named and not path.is_file():
            raise ConfigurationError(f"{NAMED} is {named}, and there is no such file")
        return path if named else None
    own = Path(__file__).resolve().parents[2]
    # Installed as a package this is no folder of FABER's.
    return own / ".env" if (own / ".env.example").is_file() and (own / ".env").is_file() else None
