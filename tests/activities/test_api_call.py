"""What `api_call` does when its answer was heard and did not reach Temporal."""

from __future__ import annotations

import pytest
from temporalio.testing import ActivityEnvironment

from activities.attempts import Attempts
from activities.contexts import Contexts
from activities.steps import Steps
from adapters.artifacts.in_memory import InMemoryArtifacts
from adapters.journal.in_memory import InMemoryJournal
from adapters.notifier.in_memory import InMemoryNotifier
from adapters.web import WebAnswer
from adapters.web.in_memory import InMemoryWeb
from faber.contract.activities import RunKey
from faber.contract.definitions import Step
from faber.contract.steps import StepRequest

KEY = RunKey(run_id="r", origin="o", project="p", work_id="w")


@pytest.mark.parametrize(("method", "asked"), [("POST", 1), ("DELETE", 1), ("GET", 2)])
async def test_only_what_may_change_something_is_not_asked_for_again(method: str, asked: int) -> None:
    web = InMemoryWeb(lambda call: WebAnswer(200, {"x-n": "1"}, b""))
    steps = Steps(
        contexts=Contexts(InMemoryArtifacts()),
        web=web,
        notifier=InMemoryNotifier(),
        journal=InMemoryJournal(),
        attempts=Attempts(),
        environment={},
    )
    config = {"url": "http://example.org/a", "method": method}
    request = StepRequest(key=KEY, step=Step(id="s", type="api_call", config=config))
    first, second = [await ActivityEnvironment().run(steps.api_call, request) for _ in range(2)]
    assert first == second
    assert len(web.calls) == asked
    assert len({call.headers["idempotency-key"] for call in web.calls}) == 1
