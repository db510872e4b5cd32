"""YAML and JSON come as plain values with their lines; nothing is expanded, built or guessed."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.definitions.places import shown
from domain.definitions.reading import NODES, Unreadable, read
from domain.definitions.validation import validate

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\x00")),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(
            st.text(st.characters(codec="utf-8", exclude_characters="\x00")).filter(lambda key: key != "<<"),
            inner,
        )
    ),
    max_leaves=20,
)


def test_a_value_knows_its_line_and_what_is_not_there_the_nearest_one() -> None:
    document, lines = read("id: a\nsteps:\n  - id: x\n    config:\n      when: 1 > 0\n\n  - id: y\n")
    assert document["steps"][0]["config"]["when"] == "1 > 0"
    assert lines(("id",)) == 1
    assert lines(("steps", 0)) == 3
    assert lines(("steps", 0, "config", "when")) == 5
    assert lines(("steps", 1, "config", "when")) == 7
    assert lines(("nowhere",)) == 1
    assert read({"id": "a"})[1](("id",)) is None


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("off", "off"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("'null'", "null"),
        ('"1"', "1"),
        ("1", 1),
        ("-5", -5),
        ("1.50", 1.5),
        ("1e3", 1000.0),
        ("012", "012"),
        ("+49 30", "+49 30"),
        ("+1", "+1"),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("12:30", "12:30"),
        ("2024-01-31", "2024-01-31"),
        ("2024-01-31T10:00:00Z", "2024-01-31T10:00:00Z"),
        (".inf", ".inf"),
        ("1.0.0", "1.0.0"),
        ("|\n  a\n  b", "a\nb"),
        (">-\n  a\n  b", "a b"),
    ],
)
def test_a_plain_scalar_is_what_json_would_read_otherwise_text(written: str, value: Any) -> None:
    read_value = read(f"a: {written}")[0]["a"]
    assert read_value == value
    assert type(read_value) is type(value)


@pytest.mark.parametrize("key", ["on", "yes", "null", "1", "2024-01-01", "true"])
def test_a_key_is_the_text_that_was_written(key: str) -> None:
    assert read(f"{key}: 1")[0] == {key: 1}


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: &x 1\nb: *x", 1, "anchors and aliases"),
        ("a: 1\nb: *x", 2, "anchors and aliases"),
        ("a: !!python/object/apply:os.system [x]", 1, "tags such as"),
        ("a: !!binary aGk=", 1, "tags such as"),
        ("a: 1\nb: 2\na: 3", 3, "the key 'a' is there twice"),
        ("a:\n  <<: {b: 1}", 2, "merge keys"),
        ("url: {{ base }}/x", 1, "quote a value that begins with {{"),
        ("[1]: 2", 1, "a key is a text"),
        ("a: 1\n---\nb: 2", 2, "a second document"),
        ("a: " + "[" * 100_000, 1, "nested more than 50 deep"),
        ("a:\n  b: [1,\n", 3, "it is no YAML"),
        ("a: 1\nb: {when: x['y'] > 1}", 2, "quote a text that has brackets"),
        ("a: " + "9" * 100_000, 1, "too large: quote it"),
        ("a: 1e999", 1, "too large: quote it"),
        ("a: [" + "1," * (NODES + 1) + "]", 1, "more than 50,000 values"),
        ("- a", 1, "a definition is a map"),
        ("", None, "the document is empty"),
        ("# nothing", None, "the document is empty"),
        ("a: \x00", None, "cannot be stored"),
        ("a: \ud800", None, "cannot be stored"),
        ("a" * 1_000_001, None, "more than 1,000,000"),
        ('{"a":\t1, "a": "\\ud83d\\ude00"}', None, "there twice"),
        ('{"a": "\\ud83d"}', None, "cannot be stored"),
    ],
)
def test_what_is_not_read_is_refused_with_its_line(text: str, line: int | None, said: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(text)
    assert said in refused.value.message
    assert refused.value.line == line


def test_a_billion_laughs_are_not_expanded() -> None:
    laughs = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
    with pytest.raises(Unreadable, match="anchors and aliases"):
        read(laughs)
    shared: list[Any] = []
    for _ in range(40):
        shared = [shared, shared]
    with pytest.raises(Unreadable, match="more than 50,000 values"):
        read({"a": shared})


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({1: 2}, r"\$: a key is a text"),
        ({"a": [{"b": (1,)}]}, r"a\[0\]\.b: this is no JSON value"),
        ({"a": {"b": 1, "c": float("inf")}}, "a.c: the number is not finite"),
        ({"a": 2**63}, "a: the number is too large"),
        ({"a": "\x00"}, "a: the text has characters that cannot be stored"),
        ({"a": "x" * 1_000_001}, "more than 50,000 values or 1,000,000 characters"),
    ],
)
def test_a_map_that_no_text_could_have_said_is_refused(value: dict[Any, Any], said: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(value)
    assert re.search(said, f"{shown(refused.value.place)}: {refused.value.message}")


EVERYTHING = """\
id: a
id: b
name: &n !!str "x\\0"
static: {n: 99999999999999999999, m: *n, "\\0": 1, o: 1}
start_step: s
steps:
  - {id: s, type: form, nxt: q, config: {fields: [{key: k}], <<: {a: 1}}}
"""


def test_what_is_not_read_hides_nothing_else_that_is_wrong() -> None:
    with pytest.raises(Unreadable) as refused:
        read(EVERYTHING)
    assert refused.value.document is not None
    assert refused.value.document["id"] == "a"
    assert refused.value.document["static"] == {"n": "99999999999999999999", "m": None, "o": 1}
    made, problems = validate(EVERYTHING)
    assert made is None
    assert [f"{problem.line} {problem.path}: {problem.message[:20]}" for problem in problems] == [
        "2 id: the key 'id' is ther",
        "3 name: anchors and aliases ",
        "3 name: tags such as tag:yam",
        "3 name: the text has charact",
        "4 static.n: the number 999999999",
        "4 static.m: anchors and aliases ",
        "4 static.\0: a key is a text that",
        "7 steps[0].config.<<: merge keys (<<) are ",
        "7 steps[0].nxt: unknown key 'nxt'; d",
    ]


def test_what_ends_the_reading_is_said_after_what_was_found_before() -> None:
    _, problems = validate("id: a\nid: b\nsteps: [}\n")
    assert [(problem.line, problem.path) for problem in problems] == [(2, "id"), (3, "$")]
    _, problems = validate("id: a\nid: b\n---\nid: c\n")
    assert [(problem.line, problem.path) for problem in problems] == [(2, "id"), (3, "$")]


def test_json_has_lines_too_and_keeps_what_yaml_would_fold() -> None:
    document, lines = read('{\n "a": "x\x85\u2028y",\n "b": 1\n}')
    assert document == {"a": "x\x85\u2028y", "b": 1}
    assert lines(("a",)) == 2


def test_a_place_is_shown_as_it_would_be_written() -> None:
    assert shown(("steps", 2, "config", "when")) == "steps[2].config.when"
    assert shown(()) == "$"


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from("abc"), JSON))
def test_json_is_read_as_json_however_it_is_written(document: dict[str, Any]) -> None:
    assert read(document)[0] == document
    assert read(json.dumps(document))[0] == document
    assert read(json.dumps(document, ensure_ascii=False, indent=1))[0] == document


@settings(deadline=None)
@given(st.text() | st.from_regex(r"\A[a-c:\-\[\]{}&*!|>'\" \n\t,?#%@0-9.]{0,80}\Z"))
def test_any_text_is_read_or_unreadable(text: str) -> None:
    try:
        document, lines = read(text)
    except Unreadable as error:
        assert error.line is None or error.line >= 1
        error.message.encode()
    else:
        assert read(document)[0] == document
        assert (lines(()) or 1) >= 1
