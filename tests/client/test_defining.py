"""What an inline definition is called, said without building what it holds."""

from __future__ import annotations

import pytest

from faber.defining import id_in

TENFOLD = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
MERGED = "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 9))


@pytest.mark.parametrize(
    ("definition", "id"),
    [
        ({"id": "a"}, "a"),
        ({"workflow": {"id": "a"}}, "a"),
        ({"id": 5}, "5"),
        ({}, "inline"),
        (None, "inline"),
        ("steps: [{id: b, config: {id: c}}]\nid: a\n", "a"),
        ("workflow:\n  steps: [{id: b}]\n  id: a\n", "a"),
        ('{"static": {"id": "b"}, "id": "a"}', "a"),
        ("id: yes\n", "yes"),
        ("id: 012\n", "012"),
        ("id: [a]\nname: x\n", "inline"),
        ("static: {id: b}\n", "inline"),
        ("[id, a]", "inline"),
        ("id: 'open", "inline"),
        ("\0", "inline"),
        ("", "inline"),
        ("[" * 100_000, "inline"),
        ("a0: &a0 [x]\n" + TENFOLD + "id: *a8\n", "inline"),
        ("a0: &a0 {x: y}\n" + MERGED + "id: a\n", "a"),
    ],
)
def test_a_definition_is_called_by_its_id_and_inline_without_one(definition: object, id: str) -> None:
    assert id_in(definition) == id  # type: ignore[arg-type]
