"""What a definition's step costs: a condition, a call beside the same call of a raw workflow, two versions alike."""

from __future__ import annotations

import uuid
from itertools import pairwise
from typing import Any

from domain.definitions.reading import read
from faber.contract.definition_runs import DefinitionInput
from faber.contract.dual_run import DualRunInput, DualRunResult
from faber.contract.names import TASK_QUEUE
from tests.bench import raw
from tests.bench.house import House
from tests.bench.measuring import Line, in_turns, ms, p95
from tests.bench.processes import ROOT, serving
from tests.bench.stepping import between, duration, run_of
from tests.definitions.service import Service

CONDITIONS = 50
CALLS = 20
SEEDS = ROOT / "examples/definitions"
INPUTS: dict[str, dict[str, Any]] = {
    "access-request": {
        "system": "billing",
        "reason": "The year's end is near.",
        "days": 14,
        "email": "ann@example.org",
        "ticket": "OPS-17",
    },
    "health-check": {},
    "release-notes": {"release": "1.4", "changes": ["Lists are faster", "Dates are right", "A new icon"]},
}


async def definition_lines(house: House, pairs: int, dual_runs: int) -> list[Line]:
    environment = {
        **house.environment_of("definitions"),
        "AI_PROVIDER": "mock",
        "FABER_ALLOW_PRIVATE_ADDRESSES": "127.0.0.1",
        "DATABASE_URL": "",
    }
    with Service() as service:
        async with (
            serving(environment, "worker.py"),
            serving(house.environment_of("steps"), "-m", "tests.bench.serving", "trivial"),
        ):
            lines = [await _conditions(house, pairs), *await _calls(house, pairs, service.url)]
            return [*lines, await _parity(house, dual_runs, service.url)]


def chain(*steps: dict[str, Any]) -> DefinitionInput:
    for step, following in pairwise(steps):
        step["next"] = following["id"]
        if step["type"] == "conditional":
            step["else"] = following["id"]
    document = {
        "id": "bench",
        "version": 1,
        "schema_version": "1.0.0",
        "start_step": steps[0]["id"],
        "steps": [{"next": None, **step} for step in steps],
    }
    return DefinitionInput(definition=document, inputs={"age": 30})


def conditions(count: int) -> DefinitionInput:
    return chain(
        *(
            {"id": f"c{n}", "type": "conditional", "else": None, "config": {"when": "age >= 18"}}
            for n in range(count)
        )
    )


def calls(url: str, method: str = "GET") -> DefinitionInput:
    config = {"url": url, "method": method}
    return chain(*({"id": f"c{n}", "type": "api_call", "config": config} for n in range(CALLS)))


async def _conditions(house: House, pairs: int) -> Line:
    many, one = (
        run_of(house.own, "DefinitionRun", TASK_QUEUE, conditions(count)) for count in (1 + CONDITIONS, 1)
    )
    local, none = (
        run_of(house.raw, "RawSteps", raw.QUEUE, raw.Steps(local=count)) for count in (1 + CONDITIONS, 1)
    )
    each, plain = (
        [(longer - shorter) / CONDITIONS for longer, shorter in zip(taken.own, taken.raw, strict=True)]
        for taken in (
            await in_turns(pairs, lambda: duration(many), lambda: duration(one)),
            await in_turns(pairs, lambda: duration(local), lambda: duration(none)),
        )
    )
    return Line(
        "definition: conditional",
        ms(each),
        None,
        "<= 3 ms",
        sorted(each)[len(each) // 2] <= 3e-3,
        f"raw {ms(plain)}, a local activity; what each adds to a run with {CONDITIONS} more of them in a row",
    )


async def _calls(house: House, pairs: int, url: str) -> list[Line]:
    own, posts = (
        run_of(house.own, "DefinitionRun", TASK_QUEUE, calls(url, method)) for method in ("GET", "POST")
    )
    same, shown = (
        run_of(house.raw, "RawSteps", raw.QUEUE, raw.Steps(calls=CALLS, url=url, shown=shown))
        for shown in (False, True)
    )
    taken = await in_turns(pairs, lambda: between(own, "api_call"), lambda: between(same, "call"))
    listed = await in_turns(pairs, lambda: between(own, "api_call"), lambda: between(shown, "call"))
    posted = await in_turns(pairs, lambda: between(posts, "api_call"), lambda: between(same, "call"))
    slow = p95(taken.own)
    return [
        Line(
            "definition: api_call",
            ms(taken.own),
            taken.ratio,
            "<= 1.10x",
            taken.ratio <= 1.10,
            f"raw {ms(taken.raw)}; from one call scheduled to the next, {CALLS} in a row of a service on this host; "
            "a GET, for which both sides keep their connection",
        ),
        Line("  of that, the slowest twentieth", f"{slow * 1e3:.4g} ms", None, "p95 < 150 ms", slow < 0.15),
        Line(
            "  the same beside a raw one that is listed with its step",
            ms(listed.own),
            listed.ratio,
            note=f"raw {ms(listed.raw)}: a search attribute is set at each call; FABER sets it for a step that lasts",
        ),
        Line(
            "  as POST beside the raw GET",
            ms(posted.own),
            posted.ratio,
            note=f"raw {ms(posted.raw)}: a POST has a connection of its own, and its answer is kept on the disk",
        ),
    ]


async def _parity(house: House, each: int, url: str) -> Line:
    """Each seed as text beside itself as an object; a version that does something else must be told apart."""
    matched, odd, count = 0, [], 0
    for path in sorted(SEEDS.glob("*.yaml")):
        inputs = {**INPUTS[path.stem], "url": url}
        text = path.read_text(encoding="utf-8")
        for _ in range(each):
            result = await _dual_run(house, text, read(text)[0], inputs)
            count, matched = count + 1, matched + result.match
            odd += result.diffs
    told = await _dual_run(
        house, _seed("health-check"), _seed("release-notes"), {**INPUTS["release-notes"], "url": url}
    )
    parity = matched / count
    return Line(
        "definition: parity of dual runs",
        f"{parity:.0%} of {count}",
        None,
        ">= 95 %",
        parity >= 0.95 and not told.match,
        f"the seeds, {each} times each, with the mock model; two that differ are "
        f"{'not told apart' if told.match else 'told apart'}{'; ' + odd[0] if odd else ''}",
    )


def _seed(name: str) -> str:
    return (SEEDS / f"{name}.yaml").read_text(encoding="utf-8")


async def _dual_run(house: House, old: Any, new: Any, inputs: dict[str, Any]) -> DualRunResult:
    given = DualRunInput(old=old, new=new, inputs=inputs, mock_ai=True)
    result: DualRunResult = await house.own.execute_workflow(
        "DefinitionDualRun",
        given,
        id=f"bench-dual-{uuid.uuid4().hex}",
        task_queue=TASK_QUEUE,
        result_type=DualRunResult,
    )
    return result
