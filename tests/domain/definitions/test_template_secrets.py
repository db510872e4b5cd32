"""Secrets in templates: by their own name only, and in no error."""

from __future__ import annotations

import pytest

from domain.definitions.templates import TemplateProblem, problems_with, render, render_value, secrets_in
from faber.contract.definition_runs import Context

CONTEXT = Context(profile={"name": "Ann"})


def test_a_secret_is_resolved_where_the_template_is_rendered_and_only_by_its_name() -> None:
    def reveal(name: str) -> str:
        return {"KEY": "s3cret"}[name]

    assert render("Bearer {{ secret.KEY }}", CONTEXT, secrets=reveal) == "Bearer s3cret"
    assert render_value({"a": "{{ secret['KEY'] }}"}, CONTEXT, secrets=reveal) == {"a": "s3cret"}
    with pytest.raises(TemplateProblem, match="there is no secret 'NO'"):
        render("{{ secret.NO }}", CONTEXT, secrets=reveal)
    with pytest.raises(TemplateProblem, match="in api_call steps only"):
        render("{{ secret.KEY }}", CONTEXT)
    for chosen in (
        "{{ secret[name] }}",
        "{{ secret }}",
        "{% for s in secret %}{% endfor %}",
        "{{ secret['a'|upper] }}",
    ):
        assert "write secret.NAME" in problems_with(chosen)[0]
    assert secrets_in("{{ secret.B }}{% if secret['A'] %}{{ secret.B }}{% endif %}") == ["A", "B"]


def test_an_error_never_quotes_a_secret() -> None:
    for template in (
        "{{ secret.KEY|int }}",
        "{{ secret.KEY|float }}",
        "{{ secret.KEY + 1 }}",
        "{{ secret.KEY.x }}",
        "{{ {'a': 1}[secret.KEY] }}",
        "{{ {'a': 1}[secret.KEY[0:6]] }}",
        "{{ [1][secret.KEY] }}",
    ):
        with pytest.raises(TemplateProblem) as refused:
            render(template, CONTEXT, secrets=lambda name: "s3cret")
        assert "s3cret" not in str(refused.value)
