"""Where the Temporal CLI comes from, with shell scripts as the programs that are found, fetched or built."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from adapters.engine.binary import obtain_cli
from faber.errors import EngineUnavailable
from tests.waiting import wait_until

ROOT = Path(__file__).parents[3]
CLI = "#!/bin/sh\necho temporal version 1.5.1\n"
GO = f"""#!/bin/sh
echo started >> "$GO_LOG"
until [ -e "$GO_MAY_END" ]; do sleep 0.05; done
printf '{CLI}' > "$GOBIN/temporal"
chmod +x "$GOBIN/temporal"
"""
# Nothing listens on port 9 (discard): the SDK's download fails at once, whatever network the machine has.
OFFLINE = {"HTTPS_PROXY": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    # `sh`, `sleep` and `chmod` for the scripts, without a `temporal` or a `go` that the machine may have.
    tools = tmp_path / "tools"
    tools.mkdir(exist_ok=True)
    for name in ("sleep", "chmod"):
        if not (tools / name).exists():
            (tools / name).symlink_to(Path("/bin") / name)
    return {**OFFLINE, "PATH": f"{tmp_path / 'bin'}:{tools}", **more}


def obtain(tmp_path: Path, env: Mapping[str, str]) -> Path:
    return obtain_cli(env, tmp_path / "cache", lambda line: None)


def test_a_cli_given_by_name_beats_the_one_on_path(tmp_path: Path) -> None:
    program(tmp_path / "bin/temporal", CLI)
    given = program(tmp_path / "given", CLI)
    assert obtain(tmp_path, environment(tmp_path, TEMPORAL_CLI_PATH=str(given))) == given


def test_a_wrong_cli_given_by_name_is_refused_and_never_replaced(tmp_path: Path) -> None:
    program(tmp_path / "bin/temporal", CLI)
    given = program(tmp_path / "given", "#!/bin/sh\necho something else\n")
    with pytest.raises(EngineUnavailable, match=r"TEMPORAL_CLI_PATH: .*given is not the Temporal CLI.*unset"):
        obtain(tmp_path, environment(tmp_path, TEMPORAL_CLI_PATH=str(given)))


def test_path_beats_the_cache_and_the_cache_beats_fetching(tmp_path: Path) -> None:
    cached = program(tmp_path / "cache/temporal", CLI)
    assert obtain(tmp_path, environment(tmp_path)) == cached
    on_path = program(tmp_path / "bin/temporal", CLI)
    assert obtain(tmp_path, environment(tmp_path)) == on_path


def test_a_broken_copy_in_the_cache_is_built_again(tmp_path: Path) -> None:
    cached = program(tmp_path / "cache/temporal", "cut off in the middle")
    program(tmp_path / "bin/go", GO)
    may_end = program(tmp_path / "may_end", "")
    env = environment(tmp_path, GO_LOG=str(tmp_path / "log"), GO_MAY_END=str(may_end))
    assert obtain(tmp_path, env) == cached
    assert cached.read_text() == CLI
    assert [entry.name for entry in sorted(cached.parent.iterdir())] == ["temporal", "temporal.lock"]


def test_when_nothing_works_the_error_gives_every_reason_and_the_next_thing_to_do(tmp_path: Path) -> None:
    program(tmp_path / "bin/go", "#!/bin/sh\necho 'go: module lookup disabled' >&2\nexit 1\n")
    with pytest.raises(EngineUnavailable) as caught:
        obtain(tmp_path, environment(tmp_path))
    path, cache, sdk, go, advice = str(caught.value).splitlines()[1:]
    assert path == "  on PATH: no `temporal` there"
    assert cache == f"  in the cache: no {tmp_path / 'cache/temporal'} yet"
    assert sdk.startswith("  the SDK's download: ")
    assert go == "  go install: go: module lookup disabled"
    assert advice.startswith("Next: install the Temporal CLI")
    assert "TEMPORAL_CLI_PATH" in advice and "TEMPORAL_ADDRESS" in advice


def test_a_cache_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    with pytest.raises(EngineUnavailable, match=r"cache: .*\. Make that folder writable"):
        obtain(tmp_path, environment(tmp_path))


def test_two_processes_that_ask_at_once_build_once(tmp_path: Path) -> None:
    program(tmp_path / "bin/go", GO)
    log, may_end = tmp_path / "log", tmp_path / "may_end"
    env = environment(tmp_path, GO_LOG=str(log), GO_MAY_END=str(may_end))
    first = asking(tmp_path, env, "first")
    wait_until(log.exists, "the first process builds")
    second = asking(tmp_path, env, "second")
    wait_until(lambda: "waiting for it" in (tmp_path / "second").read_text(), "the second process waits")
    may_end.touch()
    assert (first.wait(60), second.wait(60)) == (0, 0)
    assert log.read_text() == "started\n"


def asking(tmp_path: Path, env: Mapping[str, str], name: str) -> subprocess.Popen[bytes]:
    code = (
        "import os, sys; from pathlib import Path; from adapters.engine.binary import obtain_cli; "
        f"obtain_cli(os.environ, Path({str(tmp_path / 'cache')!r}), lambda line: print(line, flush=True))"
    )
    with (tmp_path / name).open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, env={**env, "HOME": os.environ["HOME"]}, stdout=output
        )
