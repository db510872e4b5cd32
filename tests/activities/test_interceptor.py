"""What of an expected error reaches Temporal's history."""

from __future__ import annotations

from activities.interceptor import failure_of
from faber.errors import AgentFailed


def test_a_secret_in_what_a_program_said_reaches_neither_message_nor_details() -> None:
    error = AgentFailed("Codex failed: key s3cret refused", stderr="bearer s3cret", cost_microusd=7)
    failure = failure_of(error, lambda text: text.replace("s3cret", "***"), 1)
    assert failure.message == "Codex failed: key *** refused"
    assert failure.details == ({"repairable": True, "stderr": "bearer ***", "cost_microusd": 7},)
