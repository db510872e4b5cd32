"""A definition's run where nobody is asked, as it compares two versions."""

from __future__ import annotations

import pytest

from tests.definitions.places import Desk, approve, form, when

OK = {"key": "ok", "type": "boolean"}


@pytest.mark.parametrize("asked", [form("ask", "good", OK), approve("ask", "good")], ids=["form", "approval"])
async def test_what_a_person_alone_would_end_ends_when_nobody_is_asked(
    desk: Desk, asked: dict[str, object]
) -> None:
    handle = await desk.start(asked, when("good", "ok", None, "ask"), inputs={"ok": False}, rehearse=True)
    cause, result = await desk.failure(handle)
    assert cause.type == "REHEARSAL"
    assert "ask is asked more than 20 times" in cause.message
    assert result.error_step == "ask"
    assert len(result.steps) == 41
