"""`python -m tests.delivery.site`: the repositories and prepared answers of whole runs, for tests in other languages.

`script` prints the answers of the run in which everything goes well; `make` reads one JSON object, `folder` with what
`make_repository` takes and the `script` of its models, and prints where the checkout is.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.delivery.places import happy_script, make_repository, write_script


def main(verb: str) -> None:
    if verb == "script":
        print(json.dumps(happy_script()))
        return
    asked = json.load(sys.stdin)
    folder = Path(asked.pop("folder"))
    model = write_script(folder, asked.pop("script"))
    print(make_repository(folder, model, **asked))


if __name__ == "__main__":
    main(sys.argv[1])
