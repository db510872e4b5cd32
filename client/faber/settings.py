"""The environment as one frozen object; read by entry points, never at import."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """`data_dir` holds the engine's clones, worktrees, journal, artifacts and the embedded server's database."""

    data_dir: Path
    cache_dir: Path
    temporal_address: str | None
    temporal_namespace: str | None
    environment: Mapping[str, str] = field(repr=False)

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None) -> Settings:
        env = dict(os.environ if environment is None else environment)
        home = Path(env.get("HOME") or Path.home())
        data = env.get("FABER_DATA_DIR") or str(
            Path(env.get("XDG_DATA_HOME") or home / ".local/share") / "faber"
        )
        cache = Path(env.get("XDG_CACHE_HOME") or home / ".cache") / "faber"
        return cls(
            data_dir=Path(data).expanduser().resolve(),
            cache_dir=cache,
            temporal_address=env.get("TEMPORAL_ADDRESS") or None,
            temporal_namespace=env.get("TEMPORAL_NAMESPACE") or None,
            environment=env,
        )

    @property
    def engine_file(self) -> Path:
        """Where the embedded server's address is written: {address, namespace, ui, pid}."""
        return self.data_dir / "engine.json"

    @property
    def artifacts(self) -> str:
        """Where a run's specifications, diffs and transcripts are kept: a folder, or an fsspec URL that every worker
        reaches, such as `s3://bucket/faber`."""
        return self.environment.get("FABER_ARTIFACTS_URL") or str(self.data_dir / "artifacts")

    @property
    def database_url(self) -> str:
        """Where the records are that outlive Temporal's retention: a file of the data folder unless one is named."""
        named = self.environment.get("DATABASE_URL") or self.environment.get("FABER_POSTGRES_URL")
        return named or f"sqlite:///{self.data_dir / 'records.db'}"
