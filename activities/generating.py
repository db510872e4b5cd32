"""ai_generate as an activity: a prompt from its template, one model call, and what is wrong with its answer."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temporalio import activity

from activities.calls import PaidCalls
from activities.contexts import Contexts
from activities.events import Prompted
from activities.places import within
from adapters.models import Message, ModelAnswer, ModelRequest
from adapters.records import Records
from domain.definitions.paths import look_up
from domain.definitions.sizes import posing
from domain.definitions.templates import render
from domain.schema import problems_with
from faber.contract.definition_runs import Context
from faber.contract.definitions import AiConfig
from faber.contract.steps import Generated, GenerateRequest
from faber.errors import ConfigurationError

TEMPLATES = ".fractary/faber/templates"
SYSTEM = (
    "You fill in one step of a workflow. Answer with one JSON value that fits the schema, and nothing else."
)
WRAPPED = "output"
TEXT_KEPT = 8_000


@dataclass(frozen=True)
class Template:
    """An inline prompt's version is its hash."""

    id: str | None
    version: str
    text: str


class Generating:
    def __init__(self, *, calls: PaidCalls, contexts: Contexts, records: Records, home: Path) -> None:
        self._calls = calls
        self._contexts = contexts
        self._records = records
        self._home = home

    @activity.defn
    async def ai_generate(self, request: GenerateRequest) -> Generated:
        """Errors: LLMError with `spend` in its details; ConfigurationError for a template that is not there."""
        ai = AiConfig.model_validate(request.step.config, extra="ignore")
        context = await self._contexts.whole(request.context)
        template = await self._template(ai, request.tenant)
        asking = self._asking(request, ai, prompt_of(template, ai, context))
        if (needed := len(asking.model_dump_json().encode()) + 500) > request.input_bound:
            return Generated(needs_input_tokens=needed)
        began = time.perf_counter()
        answer, spend = await self._calls.answer(
            call_key(request),
            asking,
            request.price,
            request.reserved_microusd,
            request.repair,
            Prompted(template.id or "", template.version, request.retry),
        )
        problems, output = judged(ai.json_schema, answer)
        return Generated(
            output=None if problems else await self._contexts.put_away(output, request.items),
            text=(answer.text or json.dumps(answer.structured))[:TEXT_KEPT],
            problems=problems,
            spend=spend,
            provider=request.model.partition(":")[0],
            template_id=template.id,
            template_version=template.version,
            latency_ms=round((time.perf_counter() - began) * 1000),
        )

    async def _template(self, ai: AiConfig, tenant: str | None) -> Template:
        if ai.prompt is not None:
            return Template(None, hashlib.sha256(ai.prompt.encode()).hexdigest()[:12], ai.prompt)
        wanted, _, version = (ai.template_id or "").partition("@")
        for name in (
            (f"{wanted}@{version}", f"{wanted}@{version}.md") if version else (wanted, f"{wanted}.md")
        ):
            path = within(self._home, f"{TEMPLATES}/{name}")
            if path.is_file():
                text = path.read_text(encoding="utf-8")
                return Template(wanted, version or hashlib.sha256(text.encode()).hexdigest()[:12], text)
        number = int(version) if version.isdigit() else None
        stored = await self._records.get_template(wanted, number, tenant=tenant)
        if stored is None:
            raise ConfigurationError(
                f"template_id {ai.template_id!r}: there is no such file in {TEMPLATES}/ and no such template in the "
                "registry"
            )
        return Template(wanted, str(stored.version), stored.text)

    def _asking(self, request: GenerateRequest, ai: AiConfig, prompt: str) -> ModelRequest:
        messages = [Message(role="user", text=prompt)]
        if request.problems:
            wrong = "; ".join(request.problems[:10])
            messages += [
                Message(role="assistant", text=request.last_answer or "{}"),
                Message(role="user", text=f"That does not fit the schema: {wrong}. Answer again, whole."),
            ]
        return ModelRequest(
            model=request.model,
            system=SYSTEM,
            messages=messages,
            output_schema=answer_schema(ai.json_schema),
            max_output_tokens=request.max_output_tokens,
            timeout_s=ai.timeout_s,
            phase=request.step.id,
            round=request.visit,
            turn=request.retry + 1,
        )


def call_key(request: GenerateRequest) -> str:
    # What did not fit is not what a run that is tried again should hear.
    return f"{request.slot}/{request.repair}/{request.retry}"


def prompt_of(template: Template, ai: AiConfig, context: Context) -> str:
    """The rendered text; every variable is there, or it is an error naming it."""
    values: dict[str, Any] = {}
    for path in ai.variables:
        value = look_up(context, path)
        if "." not in path:
            values[path] = value
    seen = context.model_copy(update={"runtime": {**context.runtime, **values}})
    return render(template.text, seen)


def is_object(schema: dict[str, Any]) -> bool:
    return bool(schema.get("type", "object") == "object")


def answer_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Providers answer with objects only: anything else is asked for as the `output` of one."""
    if is_object(schema):
        return schema
    inner = {name: value for name, value in schema.items() if name not in ("$defs", "$schema", "$id")}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [WRAPPED],
        "properties": {WRAPPED: inner},
        **({"$defs": schema["$defs"]} if "$defs" in schema else {}),
    }


def judged(schema: dict[str, Any], answer: ModelAnswer) -> tuple[list[str], Any]:
    """(what is wrong, the output)."""
    if answer.finish_reason in {"length", "max_tokens"}:
        return ["the answer was cut at the output limit: give a shorter one"], None
    if answer.structured is None:
        return ["the answer is not one JSON object"], None
    output = answer.structured if is_object(schema) else answer.structured.get(WRAPPED)
    problem = posing(output)
    return ([problem] if problem else problems_with(output, schema)), output
