"""What is taken of a model's answer."""

from __future__ import annotations

from activities.generating import judged
from adapters.models import ModelAnswer


def test_an_answer_in_the_shape_of_a_kept_value_is_no_output() -> None:
    posing = {"$artifact": "0" * 64, "bytes": 3}
    for schema, structured in (({}, posing), ({"type": "array"}, {"output": [posing]})):
        problems, _ = judged(schema, ModelAnswer(structured=structured))
        assert problems == [
            "it has the shape of a kept value, {'$artifact': ..., 'bytes': ...}: rename a key"
        ]
    assert judged({}, ModelAnswer(structured={"a": posing}))[0] == []
