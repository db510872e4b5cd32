"""A definition is taken with all its defaults, or everything that is wrong with it is said at once."""

from __future__ import annotations

from typing import Any

import pytest

from domain.definitions.validation import validate
from tests.domain.definitions.definitions import ONBOARDING, ask, call, condition, definition, form, sign
from tests.domain.definitions.problems import errors


def test_a_definition_is_taken_with_every_default_filled_in() -> None:
    made, problems = validate(ONBOARDING)
    assert problems == []
    assert made is not None
    assert (made.id, made.version, made.name, made.schema_version) == ("onboarding", 3, "Onboarding", "1.0.0")
    assert made.static == {"limit": 18}
    assert made.step("adult").otherwise == "sign"
    assert made.step("adult").config == {"when": "age >= limit and len(draft_output['text']) > 0"}
    assert made.step("both").type == "parallel"
    assert made.step("tell").config["method"] == "POST"
    assert made.step("tell").config["timeout_s"] == 30.0
    assert made.step("sign").config["timeout"] == 4 * 3600
    assert made.step("sign").config["on_timeout"] == "reject"
    assert made.step("collect").config["fields"][0]["type"] == "string"
    assert made.step("draft").config["on_exhausted"] == "fail"
    ask_each = made.step("ask").for_each
    assert ask_each is not None
    assert (ask_each.item, ask_each.width) == ("name", 5)


def test_what_was_taken_is_taken_again_as_it_is() -> None:
    made, _ = validate(ONBOARDING)
    assert made is not None
    assert validate(made.model_dump()) == (made, [])
    assert validate(made.model_dump_json()) == (made, [])


def test_a_definition_is_wrapped_in_workflow_or_bare() -> None:
    bare = definition(form("a"), name="n", version=2, static={"x": 1})
    assert validate({"workflow": bare}) == validate(bare)
    assert validate({"workflow": bare, "schema_version": "1.0.0"})[0] == validate(bare)[0]
    other = definition(
        form("a"), name="n", version=2, context={"static": {"x": 1}}, definition={"version": "1.0.0"}
    )
    assert validate(other) == validate(bare)


def test_when_and_else_stand_beside_the_config_or_in_it() -> None:
    beside = condition("a", "1 > 0", next="b", **{"else": "c"})
    inside = {"id": "a", "type": "conditional", "next": "b", "config": {"when": "1 > 0", "else": "c"}}
    assert validate(definition(beside, form("b"), form("c"))) == validate(
        definition(inside, form("b"), form("c"))
    )
    twice = {**inside, "when": "1 > 0", "else": "b"}
    assert errors(definition(twice, form("b"), form("c"))) == [
        "steps[0].when: `when` is in the config already",
        "steps[0].else: `else` is in the config already",
    ]


def test_all_problems_are_said_at_once_each_with_its_path_and_its_line() -> None:
    made, problems = validate(
        """\
id: d
start_step: colect
stepz: 1
steps:
  - id: collect
    type: form
    next: chek
    config:
      fields:
        - {key: email, typ: text}
        - {type: string}
  - id: check
    type: conditional
    config: {when: colect_output == 1}
    next: gen
  - id: gen
    type: ai_generate
    config:
      json_schema: {type: strng}
      prompt: '{{ b|uper }}'
      temprature: 1
"""
    )
    assert made is None
    assert [(problem.line, problem.path, problem.severity) for problem in problems] == [
        (2, "start_step", "error"),
        (3, "stepz", "error"),
        (7, "steps[0].next", "error"),
        (10, "steps[0].config.fields[0].typ", "error"),
        (11, "steps[0].config.fields[1].key", "error"),
        (12, "steps[1]", "warning"),
        (14, "steps[1].config.when", "error"),
        (19, "steps[2].config.json_schema", "error"),
        (20, "steps[2].config.prompt", "error"),
        (21, "steps[2].config.temprature", "error"),
    ]
    assert str(problems[0]) == "start_step: there is no step 'colect'; did you mean collect? (line 2)"
    assert problems[1].message == "unknown key 'stepz'; did you mean steps?"
    assert problems[3].message == "unknown key 'typ'; did you mean type?"
    assert problems[4].message == "key is missing"
    assert problems[6].message.startswith("no step 'colect' makes colect_output; did you mean collect_output")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("", "$: the document is empty"),
        ("- a", "$: a definition is a map"),
        ("a: [", "$: it is no YAML"),
        ({}, "id: an id is needed"),
        (definition(form("a"), id="a/b"), "id: 'a/b' is no id"),
        (definition(form("a"), id=".."), "id: '..' is no id"),
        (definition(form("a"), id=7), "id: an id is a text, and this is a number: quote it"),
        (definition(form("a" * 101)), "is no id: up to 100"),
        (definition(form("fail")), "steps[0].id: 'fail' says what to do after a step"),
        (definition(form("a"), version="1.0.0"), "version: version counts 1, 2, 3"),
        (definition(form("a"), version=True), "version: version counts"),
        (definition(form("a"), version=0), "version: version counts"),
        (definition(form("a"), name=1), "name: name is a text, and this is a number: quote it"),
        (definition(form("a"), schema_version="2.0.0"), "schema_version: format 2.0.0 is newer than 1.x"),
        (definition(form("a"), schema_version=2.0), "schema_version: format 2.0 is newer than 1.x"),
        (definition(form("a"), definition={"version": "9.1.0"}), "definition.version: format 9.1.0 is newer"),
        (definition(form("a"), schema_version="0.2"), "upgrade_yaml.py --from 0.2 --to 1.0"),
        (definition({"id": "a", "kind": "form"}), "upgrade_yaml.py --from 0.1 --to 1.0"),
        (
            definition(form("a"), schema_version="one"),
            "schema_version: the format's version is major.minor.patch",
        ),
        (definition(form("a"), static=[1]), "static: static is a map of constants, and this is a list"),
        (
            definition(form("a"), static={}, context={"static": {}}),
            "context.static: the constants are in `static`",
        ),
        (definition(form("a"), context={"runtime": {}}), "context.runtime: unknown key 'runtime'"),
        (
            definition(form("a"), start_step=None),
            "start_step: start_step is missing: it names the first step",
        ),
        ({"id": "d", "start_step": "a", "steps": []}, "steps: steps is a list of 1 to 500 steps"),
        ({"id": "d", "start_step": "a", "steps": {"a": 1}}, "steps: steps is a list"),
        ({"id": "d", "start_step": "a", "steps": [1]}, "steps[0]: a step is a map, and this is a number"),
        ({"workflow": definition(form("a")), "id": "x"}, "workflow.id: id is there twice"),
        (definition({"id": "a"}), "steps[0].type: a type is needed"),
        (
            definition({"id": "a", "type": "from"}),
            "steps[0].type: there is no type 'from'; did you mean form?",
        ),
        (definition({"id": "a", "type": ["form"]}), "steps[0].type: there is no type 'a list'"),
        (definition(form("a", nxt="b")), "steps[0].nxt: unknown key 'nxt'; did you mean next?"),
        (definition(form("a", next=1)), "steps[0].next: next is a text"),
        (definition(form("a"), form("a")), "steps[1].id: there is a step 'a' already"),
        (definition(form("a", next="b")), "steps[0].next: there is no step 'b'"),
        (definition(condition("a", **{"else": "b"})), "steps[0].else: there is no step 'b'"),
        (definition(form("a", on_error="b")), "steps[0].on_error: there is no step 'b'"),
        (definition(sign("a", on_reject="b")), "steps[0].config.on_reject: there is no step 'b'"),
        (definition(sign("a", on_timeout="b")), "steps[0].config.on_timeout: there is no step 'b'"),
        (definition(form("a"), form("b")), "steps[1]: no other step leads to 'b'"),
        (definition(form("a", **{"else": "a"})), "steps[0].else: only a conditional has an `else`"),
        (definition(form("a", when="1")), "steps[0].when: only a conditional has a `when`"),
        (definition(form("a", config=[])), "steps[0].config: config is a map, and this is a list"),
        (
            definition(form("a", for_each={"items": "[1]"})),
            "steps[0].for_each: only ai_generate and api_call",
        ),
        (definition(call("a", for_each={"item": "x"})), "steps[0].for_each.items: items is missing"),
        (
            definition(call("a", for_each={"items": "x.y"})),
            "steps[0].for_each.items: attributes are not read",
        ),
        (definition(call("a", for_each={"items": "x", "item": "a b"})), "is no name for an item"),
        (definition(condition("a", "x >")), "steps[0].config.when: this is no expression"),
        (definition(condition("a", "x" * 257)), "steps[0].config.when: String should have at most 256"),
        (definition({"id": "a", "type": "conditional"}), "steps[0].config.when: when is missing"),
        (definition(call("a", "ftp://x")), "steps[0].config.url: an address begins with http"),
        (
            definition(call("a", "https://x/{{ a.b() }}")),
            "steps[0].config.url: line 1: nothing can be called",
        ),
        (
            definition(call("a", config={"url": "https://x", "headers": {"a b": "c"}})),
            "steps[0].config.headers.a b: 'a b' is no header's name",
        ),
        (
            definition(call("a", config={"url": "https://x", "body": {"t": ["{{ x"]}})),
            "steps[0].config.body.t[0]: line 1:",
        ),
        (
            definition(call("a", config={"url": "https://x", "method": "GIT"})),
            "steps[0].config.method: expected",
        ),
        (
            definition(call("a", config={"url": "https://x", "timeout_s": True})),
            "steps[0].config.timeout_s: ",
        ),
        (definition(ask("a", template_id="t")), "steps[0].config: either a template_id or a prompt"),
        (definition(ask("a", prompt=None)), "steps[0].config: either a template_id or a prompt"),
        (definition(ask("a", prompt=None, template_id="../t")), "a template is named <id> or <id>@<version>"),
        (definition(ask("a", prompt="{{ secret.KEY }}")), "secrets are resolved in api_call steps only"),
        (definition(ask("a", model="gpt-4o")), "a model is named provider:model"),
        (definition(ask("a", variables=["a..b"])), "steps[0].config.variables[0]: 'a..b' is no context path"),
        (definition(ask("a", variables=["static.x"])), "the definition has no constant 'x'"),
        (definition(ask("a", variables=["b_output.c"])), "variables[0]: no step 'b' makes b_output"),
        (definition(ask("a", json_schema={"$ref": "http://x"})), "points outside of the schema"),
        (definition(ask("a", json_schema={"pattern": "(?=a)"})), "looks ahead or behind"),
        (definition(form("a", config={"fields": []})), "steps[0].config.fields: List should have at least 1"),
        (
            definition(form("a", config={"fields": [{"key": "f", "pattern": r"(a)\1"}]})),
            "refers back to a group",
        ),
        (
            definition(form("a", config={"fields": [{"key": "f"}, {"key": "f"}]})),
            "steps[0].config.fields[1].key: there is a field 'f' already",
        ),
        (
            definition(form("a", config={"fields": [{"key": "f"}], "timeout": "soon"})),
            "'soon' is no duration",
        ),
        (
            definition(form("a", config={"fields": [{"key": "f"}], "timeout": "9999999d"})),
            "steps[0].config.timeout: expected less than or equal to 315360000",
        ),
        (definition(sign("a", timeout=1e300)), "steps[0].config.timeout: expected less than or equal to"),
        (definition(sign("a", "bob")), "steps[0].config.approvers[0]: an approver is an e-mail address"),
        (
            definition(sign("a", "a@b.cd", "A@b.cd")),
            "steps[0].config.approvers[1]: this approver is there already",
        ),
        (definition(sign("a", min_approvals=2)), "2 approvals cannot come from 1"),
        (
            definition(form("a", config={"fields": [{"key": "f"}], "title": "{{ b_output }}"})),
            "steps[0].config.title: no step 'b' makes b_output",
        ),
        (definition(sign("a", message="{{ x")), "steps[0].config.message: line 1:"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(source: str | dict[str, Any], said: str) -> None:
    found = errors(source)
    assert any(said in problem for problem in found), found


def test_the_fixture_of_the_first_format_with_text_fields_of_type_string_is_taken() -> None:
    assert (
        errors(
            definition(form("a", config={"fields": [{"key": "name", "type": "string", "required": True}]}))
        )
        == []
    )


def test_what_is_not_shown_any_more_of_many_problems_is_counted() -> None:
    steps = [call(f"s{number}", bad=1) for number in range(230)]
    said = errors(definition(*steps))
    assert len(said) == 201
    assert said[-1] == "$: 259 more problems are not shown"
    one_more = errors(definition(*[call(f"s{number}", bad=1) for number in range(101)]))
    assert one_more[-1] == "$: 1 more problem is not shown"


def test_an_error_behind_many_warnings_is_said_and_refuses_the_definition() -> None:
    """Nobody reads the last one of them, and a definition with an error must not be taken for its warnings."""
    steps = [condition(f"c{number}", next=f"c{number + 1}") for number in range(220)]
    for step in steps:
        del step["else"]
    made, problems = validate(definition(*steps, call("c220", "{{ nothing")))
    assert made is None
    assert [str(problem) for problem in problems if problem.severity == "error"] == [
        "steps[220].config.url: line 1: unexpected end of template, expected 'end of print statement'."
    ]
    assert str(problems[-1]) == "$: 21 more problems are not shown"
    assert problems[-1].severity == "warning"
