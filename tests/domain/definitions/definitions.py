"""Definitions that tests change one thing of."""

from __future__ import annotations

import copy
from typing import Any

ONBOARDING = """\
workflow:
  id: onboarding
  version: 3
  name: Onboarding
  start_step: collect
  static: {limit: 18}
  steps:
    - id: collect
      type: form
      name: Who are you
      next: draft
      config:
        fields:
          - {key: email, type: string, required: true, pattern: '[^@]+@[^@]+'}
          - {key: age, type: integer}
    - id: draft
      type: ai_generate
      name: A welcome
      next: adult
      config:
        template_id: welcome@2
        variables: [email, collect_output.age]
        json_schema: {type: object, required: [text], properties: {text: {type: string}}}
    - id: adult
      type: conditional
      when: age >= limit and len(draft_output['text']) > 0
      next: both
      else: sign
    - id: both
      parallel: [tell, ask]
      next: sign
    - id: tell
      type: api_call
      config:
        url: 'https://example.org/{{ email|urlencode }}'
        method: post
        headers: {Authorization: 'Bearer {{ secret.KEY }}'}
        body: {text: '{{ draft_output.text }}'}
    - id: ask
      type: api_call
      next: sign
      on_error: continue
      for_each: {items: "draft_output['names']", item: name}
      config: {url: 'https://example.org/{{ name }}/{{ index }}'}
    - id: sign
      type: approval
      config: {approvers: [ann@example.org, bo@example.org], min_approvals: 2, timeout: 4h, on_reject: collect}
"""


def definition(*steps: dict[str, Any], **keys: Any) -> dict[str, Any]:
    """One with these steps, the first of them to start with."""
    return {"id": "d", "start_step": steps[0]["id"], "steps": list(copy.deepcopy(steps)), **keys}


def form(step_id: str, **keys: Any) -> dict[str, Any]:
    return {"id": step_id, "type": "form", "config": {"fields": [{"key": "a"}]}, **keys}


def condition(step_id: str, when: str = "1 > 0", **keys: Any) -> dict[str, Any]:
    return {"id": step_id, "type": "conditional", "when": when, "else": None, **keys}


def call(step_id: str, url: str = "https://example.org", **keys: Any) -> dict[str, Any]:
    return {"id": step_id, "type": "api_call", "config": {"url": url}, **keys}


def ask(step_id: str, **config: Any) -> dict[str, Any]:
    return {"id": step_id, "type": "ai_generate", "config": {"prompt": "p", "json_schema": {}, **config}}


def sign(step_id: str, *approvers: str, **config: Any) -> dict[str, Any]:
    named = list(approvers) or ["ann@example.org"]
    return {"id": step_id, "type": "approval", "config": {"approvers": named, **config}}
