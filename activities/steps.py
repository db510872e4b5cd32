"""The steps of a definition as activities: what a form or an approval shows, a condition says, a call answers."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping

from temporalio import activity

from activities.attempts import Attempts
from activities.contexts import Contexts
from adapters.journal import Journal
from adapters.notifier import Notifier
from adapters.web import SAFE, Web
from domain.definitions.conditions import evaluate
from domain.definitions.sizes import posing
from domain.definitions.templates import render, render_value
from domain.redaction import Redactor
from faber.contract.definition_runs import Context
from faber.contract.definitions import ApiCallConfig, ApprovalConfig, ConditionalConfig, FormConfig
from faber.contract.steps import Items, Prepared, Routed, StepDone, StepRequest, Values, ValuesRequest
from faber.errors import ConfigurationError, ValidationError

SECRET_PREFIX = "FABER_SECRET_"
MOST_ITEMS = 1_000
SHOWN = 2_000


class Steps:
    """`environment` holds the secrets that a call may use: `{{ secret.NAME }}` is FABER_SECRET_NAME."""

    def __init__(
        self,
        *,
        contexts: Contexts,
        web: Web,
        notifier: Notifier,
        journal: Journal,
        attempts: Attempts,
        environment: Mapping[str, str],
    ) -> None:
        self._contexts = contexts
        self._journal = journal
        self._attempts = attempts
        self._web = web
        self._notifier = notifier
        self._environment = environment
        self._secrets = Redactor(
            value for name, value in environment.items() if name.startswith(SECRET_PREFIX)
        )

    @activity.defn
    async def form(self, request: StepRequest) -> Prepared:
        form = FormConfig.model_validate(request.step.config, extra="ignore")
        title = render(form.title, await self._seen(request)) if form.title else request.step.name
        fields = ", ".join(f"{item.key}{'' if item.required else ' (optional)'}" for item in form.fields)
        return Prepared(what=f"{title or request.step.id}: fill in {fields}"[:SHOWN])

    @activity.defn
    async def approval(self, request: StepRequest) -> Prepared:
        """Tell each approver once, however often this is repeated."""
        terms = ApprovalConfig.model_validate(request.step.config, extra="ignore")
        asked = request.step.name or request.step.id
        message = render(terms.message, await self._seen(request)) if terms.message else ""
        what = f"{asked}: {message}" if message else asked
        subject = f"Approval needed: {asked} ({request.key.work_id})"
        text = (
            f"{what}\n\nRun: {request.key.run_id}, step: {request.step.id}\n"
            f"Answer with: python -m faber.api show {request.key.run_id}\n"
        )
        for approver in terms.approvers:
            await self._notifier.notify(approver, subject, text, f"{request.slot}/{approver}")
        return Prepared(what=what[:SHOWN], notified=terms.approvers)

    @activity.defn
    async def conditional(self, request: StepRequest) -> Routed:
        """Errors: ConditionError, also for a name that is missing."""
        when = ConditionalConfig.model_validate(request.step.config, extra="ignore").when
        return Routed(result=bool(evaluate(when, await self._seen(request))))

    @activity.defn
    async def list_items(self, request: StepRequest) -> Items:
        """Errors: ValidationError when the expression is not a list, or one too long."""
        over = request.step.for_each
        if over is None:
            raise ValidationError(f"{request.step.id} has no for_each")
        found = evaluate(over.items, await self._seen(request))
        if not isinstance(found, list):
            raise ValidationError(f"{request.step.id}: for_each.items {over.items!r} is no list")
        if len(found) > MOST_ITEMS:
            raise ValidationError(
                f"{request.step.id}: for_each goes over {len(found)} items, and at most {MOST_ITEMS} are done by one "
                "step: split the list"
            )
        for number, item in enumerate(found):
            if problem := posing(item):
                raise ValidationError(f"{request.step.id}: item {number} of for_each: {problem}")
        return Items(items=[await self._contexts.put_away(item, len(found)) for item in found])

    @activity.defn
    async def put_away(self, request: ValuesRequest) -> Values:
        """What takes the place of the values that are too large to be carried."""
        return Values(values=await self._contexts.references(request.values, request.most))

    @activity.defn
    async def api_call(self, request: StepRequest) -> StepDone:
        """Errors: ApiCallError, SsrfRefused, ConfigurationError for a secret that the worker does not have."""
        call = ApiCallConfig.model_validate(request.step.config, extra="ignore")
        context = await self._seen(request)
        # In one folder for all calls of a run: each folder that is made is flushed to the disk, too.
        origin, _, place = request.slot.partition("/")
        note = f"{origin}/called/{place.replace('/', ' ')}"

        def text(template: str) -> str:
            return render(template, context, secrets=self._secret)

        async def called() -> StepDone:
            answer = await self._web.call(
                call.method,
                text(call.url),
                headers={name: text(value) for name, value in call.headers.items()},
                body=render_value(call.body, context, secrets=self._secret),
                timeout_s=call.timeout_s,
                idempotency_key=hashlib.sha256(request.slot.encode()).hexdigest(),
            )
            body = answer.text if answer.json is None else answer.json
            output = {"status": answer.status, "headers": dict(answer.headers), "body": body}
            # A service may say again what it was sent.
            told = self._secrets.without_known(output)
            done = StepDone(output=await self._contexts.put_away(told, request.items))
            if call.method not in SAFE:
                # Not on the loop: to be on the disk takes as long as it takes.
                await asyncio.to_thread(self._journal.save, note, done.model_dump_json())
            return done

        # An answer that was heard, and lost on its way to Temporal, is not asked for again.
        heard = None if call.method in SAFE else self._journal.load(note)
        if heard is not None:
            return StepDone.model_validate_json(heard)
        return await self._attempts.join(note, called)

    async def _seen(self, request: StepRequest) -> Context:
        return await self._contexts.whole(request.context)

    def _secret(self, name: str) -> str:
        value = self._environment.get(f"{SECRET_PREFIX}{name}")
        if not value:
            raise ConfigurationError(
                f"secret.{name}: the worker has no {SECRET_PREFIX}{name}; set it where the worker runs, and restart it"
            )
        return value
