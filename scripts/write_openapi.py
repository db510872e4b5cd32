"""Writes the HTTP API's own description as YAML: `python scripts/write_openapi.py [FILE]`, openapi.yaml by itself."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    # Started as a file, Python looks for the rooms in scripts/.
    sys.path.insert(0, str(ROOT))

from http_api.app import create_app  # noqa: E402
from http_api.settings import ApiSettings  # noqa: E402


def main(arguments: Sequence[str]) -> int:
    target = Path(arguments[0]) if arguments else ROOT / "openapi.yaml"
    document = create_app(ApiSettings.read({})).openapi()
    target.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), encoding="utf-8")
    print(f"{target}: {len(document['paths'])} paths")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
