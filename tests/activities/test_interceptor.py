"""What of an expected error reaches Temporal's history."""

from __future__ import annotations

from datetime import timedelta

from activities.interceptor import failure_of
from faber.errors import AgentFailed, ApiCallUnanswered


def test_a_secret_in_what_a_program_said_reaches_neither_message_nor_details() -> None:
    error = AgentFailed("Codex failed: key s3cret refused", stderr="bearer s3cret", cost_microusd=7)
    failure = failure_of(error, lambda text: text.replace("s3cret", "***"), 1)
    assert failure.message == "Codex failed: key *** refused"
    assert failure.details == ({"repairable": True, "stderr": "bearer ***", "cost_microusd": 7},)


def test_a_whole_transcript_in_the_details_is_cut_and_what_it_quotes_within_is_redacted() -> None:
    error = AgentFailed("x" * 1_000_000, transcript="y" * 1_000_000, denied=tuple(["s3cret"] * 1_000))
    failure = failure_of(error, lambda text: text.replace("s3cret", "***"), 1)
    assert len(failure.message) == 8_000
    (details,) = failure.details
    assert len(details["transcript"]) == 2_000
    assert details["denied"] == ["***"] * 50


def test_a_service_that_says_when_is_asked_again_then() -> None:
    failure = failure_of(ApiCallUnanswered("busy", retry_after_s=7.5, status=429), str, 1)
    assert (failure.type, failure.non_retryable) == ("API_CALL_UNANSWERED", False)
    assert failure.next_retry_delay == timedelta(seconds=7.5)
    assert failure_of(ApiCallUnanswered("no answer"), str, 1).next_retry_delay is None
