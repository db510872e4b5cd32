"""Asks PyPI which of the versions in constraints.txt have known vulnerabilities.

    python scripts/audit.py [FILE]

Ends with 0 when none has, 1 when one has, 2 when that is not known: nobody answered, or not for every package.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CONSTRAINTS = Path(__file__).resolve().parents[1] / "constraints.txt"
# Every version is in the file: nothing is resolved or installed.
ASK = (
    sys.executable,
    "-m",
    "pip_audit",
    "--no-deps",
    "--disable-pip",
    "--progress-spinner=off",
    "--format=json",
)
SHOWN = 10


def audited(pins: Path) -> tuple[int, list[str]]:
    """The exit code, and what there is to say."""
    asked = subprocess.run([*ASK, "-r", str(pins)], capture_output=True, text=True, check=False)
    try:
        found = json.loads(asked.stdout)["dependencies"]
    except ValueError:
        why = (asked.stderr.strip().splitlines() or [f"exit {asked.returncode}"])[-1]
        return 2, [f"nothing was audited, the vulnerability service did not answer: {why}"]
    return verdict(found)


def verdict(found: list[dict[str, Any]]) -> tuple[int, list[str]]:
    """What pip-audit found of each package, told."""
    lines = [
        f"{package['name']} {package['version']}: {known['id']}, mended in "
        f"{', '.join(known['fix_versions']) or 'no version yet'}"
        for package in found
        for known in package.get("vulns", [])
    ]
    code, skipped = int(bool(lines)), [package["name"] for package in found if "skip_reason" in package]
    if skipped:
        names = ", ".join(skipped[:SHOWN]) + (", ..." if len(skipped) > SHOWN else "")
        lines.append(
            f"the vulnerability service does not know {len(skipped)} of {len(found)} packages: {names}"
        )
        code = code or 2
    return code, lines or [f"{len(found)} packages, no known vulnerability"]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path, nargs="?", default=CONSTRAINTS)
    given: Any = parser.parse_args(arguments)
    code, lines = audited(given.file)
    print("\n".join(f"audit: {line}" for line in lines), file=sys.stderr if code else sys.stdout)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
