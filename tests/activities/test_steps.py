"""What a call leaves behind for an attempt that comes after its answer was lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from temporalio.testing import ActivityEnvironment

from activities.attempts import Attempts
from activities.contexts import Contexts
from activities.steps import Steps
from adapters.artifacts.folder import FolderArtifacts
from adapters.journal.in_memory import InMemoryJournal
from adapters.notifier.in_memory import InMemoryNotifier
from adapters.web import WebAnswer
from adapters.web.in_memory import InMemoryWeb
from faber.contract.activities import RunKey
from faber.contract.definitions import Step
from faber.contract.steps import StepRequest

KEY = RunKey(run_id="def-tried", origin="tried", work_id="tried", project="")


@pytest.mark.parametrize(
    ("method", "times"), [("GET", 2), ("POST", 1), ("PUT", 1), ("PATCH", 1), ("DELETE", 1)]
)
async def test_an_answer_that_was_lost_is_asked_for_again_where_asking_changes_nothing(
    tmp_path: Path, method: str, times: int
) -> None:
    web = InMemoryWeb(lambda called: WebAnswer(200, {}, b'{"done": true}'))
    steps = Steps(
        contexts=Contexts(FolderArtifacts(tmp_path / "artifacts")),
        web=web,
        notifier=InMemoryNotifier(),
        journal=InMemoryJournal(),
        attempts=Attempts(),
        environment={},
    )
    step = Step(id="charge", type="api_call", config={"url": "https://api.test/", "method": method})
    request = StepRequest(key=KEY, step=step)
    first, second = [await ActivityEnvironment().run(steps.api_call, request) for _ in range(2)]
    assert first == second and first.output["body"] == {"done": True}
    assert [called.method for called in web.calls] == [method] * times
    assert len({called.headers["idempotency-key"] for called in web.calls}) == 1
