"""What is inside of each step's config: addresses, patterns, schemas, expressions and templates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from domain import patterns
from domain.definitions import forms
from domain.definitions.drafts import Draft
from domain.definitions.findings import Findings
from domain.definitions.names import Names, form_fields
from domain.definitions.paths import SCOPES
from domain.definitions.places import Place
from domain.json_schema import schema_problems, schema_work

_TEMPLATE_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}(@[A-Za-z0-9_.+-]{1,50})?", re.ASCII)
_MODEL = re.compile(r"[A-Za-z0-9_-]{1,50}:\S{1,200}", re.ASCII)
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}", re.ASCII)
_ADDRESS = re.compile(r"https?://[^/\s]|\{\{|\{%|\{#", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}", re.ASCII)

Own = tuple[str, ...]
PATTERN = 3
"""Microseconds for an instruction. It takes one; but a form is checked by its run, which must not be held up."""


class Contents:
    """Looks into the configs, one step at a time."""

    def __init__(self, names: Names, findings: Findings) -> None:
        self._names = names
        self._findings = findings

    def check(self, draft: Draft) -> None:
        checks = {
            "form": self._form,
            "conditional": self._conditional,
            "ai_generate": self._ai_generate,
            "api_call": self._api_call,
            "approval": self._approval,
        }
        own = self._own(draft)
        check = checks.get(draft.type or "")
        if check is not None:
            check(draft, (*draft.place, "config"), own)

    def _own(self, draft: Draft) -> Own:
        """The names of a `for_each`."""
        each, place = draft.for_each, (*draft.place, "for_each")
        if each is None:
            return ()
        self._names.expression(each.items, draft, (*place, "items"))
        if not _NAME.fullmatch(each.item) or each.item == "index":
            self._findings.error(
                (*place, "item"),
                f"{each.item[:100]!r} is no name for an item: letters, digits and _, not `index`",
            )
        return (each.item, "index")

    def _form(self, draft: Draft, place: Place, own: Own) -> None:
        known: set[str] = set()
        self._text("title", draft, place)
        for number, field in form_fields(draft).items():
            at = (*place, "fields", number)
            if field.key in known:
                self._findings.error((*at, "key"), f"there is a field {field.key!r} already")
            known.add(field.key)
            if field.key in SCOPES:
                self._findings.warning(
                    (*at, "key"), f"the answer hides the map {field.key!r}: other steps read it by this name"
                )
            if field.pattern and self._findings.afford(at, 0):
                self._findings.afford((*at, "pattern"), PATTERN * patterns.size(field.pattern))
            if not self._findings.afford(at, 0):
                return
            for name, message in forms.problems_with(field):
                self._findings.error((*at, name), message)

    def _conditional(self, draft: Draft, place: Place, own: Own) -> None:
        when = draft.written.get("when")
        if isinstance(when, str):
            self._names.expression(when, draft, (*place, "when"))
        if not draft.has_else:
            self._findings.warning(
                draft.place, "there is no `else`: the run completes here when the condition is false"
            )

    def _ai_generate(self, draft: Draft, place: Place, own: Own) -> None:
        written = draft.written
        if (written.get("template_id") is None) == (written.get("prompt") is None):
            self._findings.error(place, "either a template_id or a prompt is needed, and not both")
        for key, pattern, said in (
            ("template_id", _TEMPLATE_ID, "a template is named <id> or <id>@<version>"),
            ("model", _MODEL, "a model is named provider:model, such as openai:gpt-4o"),
        ):
            if isinstance(written.get(key), str) and not pattern.fullmatch(written[key]):
                self._findings.error((*place, key), said)
        if isinstance(written.get("prompt"), str):
            self._names.template(written["prompt"], draft, (*place, "prompt"), own)
        for at, path in _texts(_listed(written, "variables")):
            self._names.path(path, draft, (*place, "variables", *at), own)
        schema, at = written.get("json_schema"), (*place, "json_schema")
        if isinstance(schema, dict) and self._findings.afford(at, 0):
            for problem in schema_problems(schema):
                self._findings.error(at, problem)
            self._findings.afford(at, schema_work(schema))

    def _api_call(self, draft: Draft, place: Place, own: Own) -> None:
        url, headers = draft.written.get("url"), draft.written.get("headers")
        if isinstance(url, str) and not _ADDRESS.match(url):
            self._findings.error(
                (*place, "url"), "an address begins with http:// or https://, or is a template"
            )
        for name in headers if isinstance(headers, dict) else ():
            if not _HEADER.fullmatch(name):
                self._findings.error((*place, "headers", name), f"{name[:100]!r} is no header's name")
        for key in ("url", "headers", "body"):
            for inside, template in _texts(draft.written.get(key), (key,)):
                self._names.template(template, draft, (*place, *inside), own, secrets=True)

    def _approval(self, draft: Draft, place: Place, own: Own) -> None:
        approvers = _listed(draft.written, "approvers")
        known: set[str] = set()
        for at, address in _texts(approvers):
            if not forms.is_address(address):
                self._findings.error(
                    (*place, "approvers", *at), "an approver is an e-mail address, such as name@example.org"
                )
            elif address.casefold() in known:
                self._findings.error((*place, "approvers", *at), "this approver is there already")
            known.add(address.casefold())
        needed = draft.written.get("min_approvals")
        if isinstance(needed, int) and needed > len(known) > 0:
            self._findings.error(
                (*place, "min_approvals"),
                f"{needed} approvals cannot come from {len(known)}: each approves once",
            )
        self._text("message", draft, place)

    def _text(self, key: str, draft: Draft, place: Place) -> None:
        if isinstance(draft.written.get(key), str):
            self._names.template(draft.written[key], draft, (*place, key))


def _listed(written: dict[str, Any], key: str) -> list[Any]:
    value = written.get(key)
    return value if isinstance(value, list) else []


def _texts(value: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, (*place, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts(inner, (*place, number))
