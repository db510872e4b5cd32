"""The audit ends well only when every package was looked up and none has a known vulnerability."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from scripts.audit import verdict

FINE = {"name": "fine", "version": "1.0", "vulns": []}
KNOWN = {"name": "old", "version": "0.1", "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["0.2", "1.0"]}]}
SKIPPED = {"name": "own", "skip_reason": "Dependency not found on PyPI"}


def test_packages_without_a_known_vulnerability_pass() -> None:
    assert verdict([FINE, FINE]) == (0, ["2 packages, no known vulnerability"])


def test_a_known_vulnerability_fails_with_its_name_and_what_mends_it() -> None:
    assert verdict([FINE, KNOWN]) == (1, ["old 0.1: PYSEC-2026-1, mended in 0.2, 1.0"])


def test_a_package_that_nobody_knows_is_not_taken_for_a_sound_one() -> None:
    said = "the vulnerability service does not know 1 of 2 packages: own"
    assert verdict([FINE, SKIPPED]) == (2, [said])
    assert verdict([KNOWN, SKIPPED])[0] == 1


def test_without_a_network_it_says_so_and_fails(tmp_path: Path) -> None:
    pins = tmp_path / "constraints.txt"
    pins.write_text("wsproto==1.3.2\n", encoding="utf-8")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}"
        unanswered = {"HTTPS_PROXY": nowhere, "https_proxy": nowhere, "NO_PROXY": "", "no_proxy": ""}
        fresh = {"PIP_CACHE_DIR": str(tmp_path / "pip"), "XDG_CACHE_HOME": str(tmp_path)}
        done = subprocess.run(
            [sys.executable, "-m", "scripts.audit", str(pins)],
            cwd=Path(__file__).parents[2],
            env={**os.environ, **unanswered, **fresh},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 2, done.stdout
    assert "nothing was audited, the vulnerability service did not answer" in done.stderr
