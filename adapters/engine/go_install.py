"""The Temporal CLI compiled from its source, where the Go toolchain is present."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from adapters.engine import CliSearch
from adapters.engine.found import working
from adapters.engine.long_command import run_long
from faber.errors import EngineUnavailable

# Later tags carry a local `replace` directive, which `go install` refuses.
MODULE = "github.com/temporalio/cli/cmd/temporal@v1.5.1"
TIMEOUT_S = 1200.0


def go_install(search: CliSearch) -> Path:
    go = shutil.which("go", path=search.environment.get("PATH", ""))
    if go is None:
        raise EngineUnavailable("no `go` on PATH")
    search.say("building the Temporal CLI with Go: about two minutes, once")
    with TemporaryDirectory(dir=search.cache, prefix="go-") as scratch:
        run_long(
            [go, "install", MODULE],
            label="building the Temporal CLI",
            environment={**search.environment, "GOBIN": scratch},
            cwd=Path(scratch),
            timeout_s=TIMEOUT_S,
            say=search.say,
        )
        return working(Path(scratch) / "temporal").replace(search.cached)
