"""The features of this folder: the words that their steps are made of."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from pytest_bdd import given, scenarios, then, when
from pytest_bdd.parsers import re as matching

from tests.features.story import Story
from tests.http_api.places import problem_of
from tests.stand_in.faults import refusal

scenarios(".")

SENDS = r"(?P<who>.+) sends (?P<method>[A-Z]+) (?P<path>/\S+)"
Table = list[list[str]]


@given("the definition:")
def the_definition(story: Story, docstring: str) -> None:
    story.ask("the operator", "POST", "/v1/workflows", docstring, text=True)
    assert story.answers[0].status_code == 201, story.answers[0].text


@given("it was started")
@given("it was started with:")
def it_was_started(story: Story, docstring: str = "") -> None:
    body = f"workflow_id: '{{workflow_id}}'\n{docstring}"
    story.ask("the operator", "POST", "/v1/executions", body)
    assert story.answers[0].status_code == 202, story.answers[0].text


@given("a repository with an open issue")
def a_repository(story: Story, checkout: Path) -> None:
    story.names["repo"] = str(checkout)


@given("its delivery was started")
def a_delivery(story: Story) -> None:
    story.ask("the operator", "POST", "/v1/runs", "{work_id: '1', repo: '{repo}', project: '{project}'}")
    assert story.answers[0].status_code == 202, story.answers[0].text


@given("the provider answers:")
def the_provider_answers(story: Story, docstring: str) -> None:
    story.prepare(story.meant(docstring))


@given(matching(r"the provider refuses the first call with (?P<status>\d+)"))
def the_provider_refuses(story: Story, status: str) -> None:
    story.provider.meet_next(refusal(int(status)))


@when(matching(SENDS))
def sends(story: Story, who: str, method: str, path: str) -> None:
    story.ask(who, method, path)


@when(matching(f"{SENDS} with:"))
def sends_json(story: Story, who: str, method: str, path: str, docstring: str) -> None:
    story.ask(who, method, path, docstring)


@when(matching(f"{SENDS} with the YAML:"))
def sends_yaml(story: Story, who: str, method: str, path: str, docstring: str) -> None:
    story.ask(who, method, path, docstring, text=True)


@when(matching(rf"{SENDS} (?P<times>\d+) times at once with:"))
def sends_at_once(story: Story, who: str, method: str, path: str, times: str, docstring: str) -> None:
    story.asks(int(times), who, method, path, docstring)


@when(matching(r"(?P<who>.+) listens to GET /v1/events"))
def listens(story: Story, who: str) -> None:
    story.listen(who)


@given(matching(r"its (?P<path>\S+) is kept as (?P<name>\w+)"))
@then(matching(r"its (?P<path>\S+) is kept as (?P<name>\w+)"))
def is_kept(story: Story, path: str, name: str) -> None:
    story.names[name] = str(story.at(path))


@then(matching(r"the answer is (?P<status>\d+)"))
def the_answer_is(story: Story, status: str) -> None:
    [answer] = story.answers
    assert answer.status_code == int(status), answer.text


@then(matching(r"the answer is (?P<status>\d+) (?P<code>[A-Z_]+)"))
def the_refusal_is(story: Story, status: str, code: str) -> None:
    [answer] = story.answers
    assert problem_of(answer, int(status))["code"] == code


@then(matching(r"(?P<one>\d+) answer is (?P<first>\d+) and (?P<more>\d+) are (?P<other>\d+)"))
def the_answers_are(story: Story, one: str, first: str, more: str, other: str) -> None:
    counted = Counter(answer.status_code for answer in story.answers)
    assert counted == {int(first): int(one), int(other): int(more)}


@then("all of them name one run")
def all_name_one_run(story: Story) -> None:
    assert len({answer.json()["run_id"] for answer in story.answers}) == 1


@given("it has:")
@then("it has:")
def it_has(story: Story, datatable: Table) -> None:
    for path, value in datatable:
        assert story.at(path) == story.meant(value), path


@then(matching(r'its (?P<path>\S+) mentions "(?P<text>.+)"'))
def it_mentions(story: Story, path: str, text: str) -> None:
    value = story.at(path)
    said = value if isinstance(value, str) else json.dumps(value)
    assert story.filled(text) in said


@then(matching(r"its (?P<path>\S+) is another than (?P<text>\S+)"))
def it_is_another(story: Story, path: str, text: str) -> None:
    assert story.at(path) != story.meant(text)


@then(matching(r"its (?P<path>\S+) is an? (?P<kind>text|number)"))
def it_is_a(story: Story, path: str, kind: str) -> None:
    value = story.at(path)
    assert isinstance(value, str if kind == "text" else int | float), value


@then("among its items is:")
def among_its_items(story: Story, datatable: Table) -> None:
    assert matching_items(story, datatable), f"not among {json.dumps(story.document)[:2000]}"


@then("among its items is none with:")
def none_of_its_items(story: Story, datatable: Table) -> None:
    assert not matching_items(story, datatable)


def matching_items(story: Story, wanted: Table) -> list[Any]:
    meant = {name: story.meant(value) for name, value in wanted}
    items: list[dict[str, Any]] = story.at("items")
    return [item for item in items if all(item[name] == value for name, value in meant.items())]


@given(matching(r'it waits at "(?P<where>\w+)"'))
@then(matching(r'it waits at "(?P<where>\w+)"'))
def it_waits(story: Story, where: str) -> None:
    story.waits(where)


@given(matching(r"the (?P<kind>execution|run) is (?P<status>\w+)"))
@then(matching(r"the (?P<kind>execution|run) is (?P<status>\w+)"))
def it_comes_to(story: Story, kind: str, status: str) -> None:
    story.comes(kind, status)


@then(matching(r"(?:he|she|somebody) hears that the run is (?P<status>\w+)"))
def is_heard(story: Story, status: str) -> None:
    story.hears(status)


@given(matching(r"the provider was asked (?P<times>\d+) times?"))
@then(matching(r"the provider was asked (?P<times>\d+) times?"))
def the_provider_was_asked(story: Story, times: str) -> None:
    assert len(story.provider.calls) - story.asked_before == int(times)


@then(matching(r'the provider was asked at (?P<path>\S+) for "(?P<text>.+)"'))
def the_provider_was_asked_for(story: Story, path: str, text: str) -> None:
    call = story.provider.calls[-1]
    assert call.path == path
    assert call.key == "key-of-openai"
    assert text in json.dumps(call.body)
