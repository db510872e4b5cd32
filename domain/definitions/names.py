"""Which names a step can count on: what can be said for certain before there are inputs."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import ValidationError

from domain.definitions import conditions, templates
from domain.definitions.drafts import Draft
from domain.definitions.findings import Findings
from domain.definitions.graph import Graph
from domain.definitions.near import close, suggestion
from domain.definitions.paths import SCOPES, PathMissing, parts
from domain.definitions.places import Place
from faber.contract.definitions import FormField

OUTPUT, ERROR = "_output", "_error"
MOST_FIELDS = 200
TEMPLATE = 4
"""Microseconds that a character takes at worst."""
LOOKED_FOR = 3_000


def form_fields(draft: Draft) -> dict[int, FormField]:
    """The fields of a form that are fields, by their place."""
    written = draft.written.get("fields")
    if draft.type != "form" or not isinstance(written, list):
        return {}
    found = {}
    for number, field in enumerate(written[:MOST_FIELDS]):
        try:
            found[number] = FormField.model_validate(field, strict=True)
        except ValidationError:
            # It is found to be none where the whole config is read.
            continue
    return found


class Names:
    """Inputs and the initiator's profile may bring any name, so that an unknown one is at most doubtful; only
    `<step>_output` comes from nowhere else."""

    def __init__(self, graph: Graph, static: Iterable[str], findings: Findings) -> None:
        self._graph = graph
        self._static = set(static)
        self._findings = findings
        self._outputs = {f"{name}{OUTPUT}": name for name in graph.steps}
        fields = [field for draft in graph.steps.values() for field in form_fields(draft).values()]
        self._given = {*self._static, *(field.key for field in fields), *SCOPES}
        self._given |= {f"{name}{ERROR}" for name in graph.steps}
        self._doubted_for = sorted({*self._given, *self._outputs} - {*SCOPES})

    def expression(self, expression: str, draft: Draft, place: Place, own: Iterable[str] = ()) -> None:
        for problem in conditions.problems_with(expression):
            self._findings.error(place, problem)
        self._check(conditions.names_in(expression), draft, place, own)

    def template(
        self, template: str, draft: Draft, place: Place, own: Iterable[str] = (), *, secrets: bool = False
    ) -> None:
        if not self._findings.afford(place, TEMPLATE * len(template)):
            return
        for problem in templates.problems_with(template):
            self._findings.error(place, problem)
        if not secrets and templates.secrets_in(template):
            self._findings.error(place, "secrets are resolved in api_call steps only")
        self._check(templates.names_in(template), draft, place, own)

    def path(self, path: str, draft: Draft, place: Place, own: Iterable[str] = ()) -> None:
        try:
            found = parts(path)
        except PathMissing as error:
            self._findings.error(place, error.message)
            return
        if found[0] == "static" and len(found) > 1 and found[1] not in self._static:
            near = suggestion(found[1], self._static)
            self._findings.error(place, f"the definition has no constant {found[1]!r}{near}")
        if found[0] not in SCOPES:
            # A step's id may have dots in it.
            whole = [
                name for name in self._outputs if path == name or path.startswith((f"{name}.", f"{name}["))
            ]
            self._check(whole or found[:1], draft, place, own)

    def _check(self, names: Iterable[str], draft: Draft, place: Place, own: Iterable[str]) -> None:
        for name in names:
            if name in self._given or name in own:
                continue
            step = self._outputs.get(name)
            if step is not None:
                if draft.id in self._graph.steps and step not in self._graph.before(draft.id):
                    self._findings.error(place, f"{name} is not there yet: {step!r} comes later, if at all")
            elif name.endswith(OUTPUT):
                near = suggestion(name, self._outputs)
                self._findings.error(
                    place, f"no step {name.removesuffix(OUTPUT)[:100]!r} makes {name[:100]}{near}"
                )
            else:
                self._doubt(name, place)

    def _doubt(self, name: str, place: Place) -> None:
        if not self._findings.afford(place, LOOKED_FOR):
            return
        near = close(name, self._doubted_for, cutoff=0.8)
        if near:
            self._findings.warning(
                place, f"{name[:100]!r} must come with the inputs or the profile, or did you mean {near[0]}?"
            )
