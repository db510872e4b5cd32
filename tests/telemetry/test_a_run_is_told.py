"""From the request to the model call a run is one trace, and its events, costs and log lines are told once."""

from __future__ import annotations

from collections import Counter

from faber.contract.names import PHASES
from tests.stand_in.otlp import Heard
from tests.telemetry.told import API_KEY, MAIL, PROJECT, SECRET, Told

OF_NO_STEP = ("load_configuration", "load_definition", "record_run", "ask_registry")


def ancestors(span: Heard, spans: list[Heard]) -> list[str]:
    """The names from the trace's root down to the span."""
    by_id = {one.span_id: one for one in spans}
    names = [span.name]
    while span.parent_id:
        span = by_id[span.parent_id]
        names.append(span.name)
    return names[::-1]


def named(spans: list[Heard], name: str) -> list[Heard]:
    return [span for span in spans if span.name == name]


def test_request_workflow_activity_and_model_call_are_one_trace(run: Told) -> None:
    calls = named(run.of(run.asked), "ai.request")
    assert len(calls) == 7
    for call in calls:
        phase = call.attributes["step_id"]
        assert ancestors(call, run.spans) == [
            "POST /runs/{work_id}",
            "StartWorkflow:FaberRun",
            "RunWorkflow:FaberRun",
            f"StartActivity:{phase}",
            f"RunActivity:{phase}",
            "ai.request",
        ]
    assert len({span.trace_id for span in run.of(run.asked) if not span.name.startswith("QueryW")}) <= 3
    assert {span.service for span in run.spans} == {"faber-api", "faber-worker"}


def test_the_request_that_begins_a_run_bears_its_id(run: Told) -> None:
    begun = [span for span in run.spans if span.name == "POST /v1/executions"]
    assert [span.attributes.get("run_id") for span in begun] == [run.defined]


def test_a_run_that_no_span_began_is_one_trace_too(run: Told) -> None:
    spans = [span for span in run.of(run.typed) if span.service == "faber-worker"]
    assert len({span.trace_id for span in spans}) == 1
    [root] = [span for span in spans if not span.parent_id]
    assert root.name == "RunWorkflow:FaberRun"
    assert {ancestors(call, spans)[0] for call in named(spans, "ai.request")} == {root.name}


def test_every_span_of_an_activity_bears_its_run_and_every_one_of_a_phase_its_step(run: Told) -> None:
    spans = [span for span in run.spans if span.service == "faber-worker"]
    assert {span.attributes.get("run_id") for span in spans} >= {run.asked, run.typed, run.defined}
    assert all("run_id" in span.attributes for span in spans)
    activities = [span for span in spans if span.name.startswith(("RunActivity:", "ai.request"))]
    steps = {*PHASES, "who", "summary", "ok"}
    without = {span.name for span in activities if span.attributes.get("step_id") not in steps}
    assert without == {
        "RunActivity:load_configuration",
        "RunActivity:load_definition",
        "RunActivity:record_run",
    }


def test_the_steps_and_the_run_itself_are_spans_with_the_time_that_they_took(run: Told) -> None:
    spans = run.of(run.asked)
    [whole] = named(spans, "run")
    for phase in PHASES:
        [step] = named(spans, phase)
        assert ancestors(step, run.spans)[-3:] == ["RunWorkflow:FaberRun", "run", phase]
        assert 0 <= step.seconds < whole.seconds


def test_each_event_is_told_once_and_in_order(run: Told) -> None:
    for run_id in (run.asked, run.typed):
        told = [(event, step) for event, step in run.events(run_id) if not event.startswith("ai.")]
        steps = [(f"step.{word}", phase) for phase in PHASES for word in ("started", "completed")]
        assert [item for item in told if item[0].startswith("step.")] == steps
        assert Counter(event for event, _ in told if event.startswith("run.")) == Counter(
            ["run.created", "run.started", "run.waiting", "run.resumed", "run.completed"]
        )
        assert [event for event, _ in told][:2] == ["run.created", "run.started"]
        assert told[-1][0] == "run.completed"


def test_the_events_stand_on_spans_as_well(run: Told) -> None:
    on_spans = Counter(name for span in run.of(run.asked) for name, _ in span.events)
    assert on_spans == Counter(event for event, _ in run.events(run.asked))
    assert (on_spans["ai.request"], on_spans["ai.response"]) == (7, 7)


def test_an_answer_of_a_model_is_told_with_its_template_tokens_and_retries(run: Told) -> None:
    said = [event for span in run.of(run.asked) for name, event in span.events if name == "ai.response"]
    assert {event["template_id"] for event in said} == set(PHASES)
    for event in said:
        assert event["provider"] == "openai"
        assert len(event["template_version"]) == 12
        assert event["tokens_prompt"] > 0 and event["tokens_output"] > 0
        assert event["latency_ms"] >= 0
        assert event["retry_count"] == 0


def test_a_definitions_run_is_told_in_the_same_words(run: Told) -> None:
    events = run.events(run.defined)
    assert [item for item in events if not item[0].startswith("ai.")] == [
        ("run.created", None),
        ("run.started", None),
        ("step.started", "who"),
        ("run.waiting", "who"),
        ("run.resumed", "who"),
        ("step.completed", "who"),
        ("step.started", "summary"),
        ("step.completed", "summary"),
        ("step.started", "ok"),
        ("run.waiting", "ok"),
        ("run.resumed", "ok"),
        ("step.completed", "ok"),
        ("run.completed", None),
    ]
    asked = [item for item in events if item[0].startswith("ai.")]
    assert asked == [("ai.request", "summary"), ("ai.response", "summary")]
    [call] = named(run.of(run.defined), "ai.request")
    assert ancestors(call, run.spans) == [
        "POST /v1/executions",
        "StartWorkflow:DefinitionRun",
        "RunWorkflow:DefinitionRun",
        "StartActivity:ai_generate",
        "RunActivity:ai_generate",
        "ai.request",
    ]
    [(_, said)] = [event for event in call.events if event[0] == "ai.response"]
    assert (said["provider"], len(said["template_version"])) == ("mock", 12)


def test_tokens_cost_waits_and_latencies_are_counted(run: Told) -> None:
    answered = [
        event
        for run_id in (run.asked, run.typed)
        for span in run.of(run_id)
        for name, event in span.events
        if name == "ai.response"
    ]
    tokens = {
        point.attributes["gen_ai.token.type"]: point.value
        for point in run.metrics.points("faber.tokens")
        if point.attributes["gen_ai.provider.name"] == "openai"
    }
    assert tokens == {
        "input": sum(event["tokens_prompt"] for event in answered),
        "output": sum(event["tokens_output"] for event in answered),
    }
    cost = {
        point.attributes["gen_ai.request.model"]: point.value for point in run.metrics.points("faber.cost")
    }
    assert cost["gpt-4o"] > 0
    assert cost["mock"] == 0
    waited = {point.attributes["kind"]: point.count for point in run.metrics.points("faber.gate.wait")}
    assert waited == {"approval": 3, "form": 1}
    queued = run.metrics.points("faber.queue.latency")
    assert {point.attributes["queue"] for point in queued} >= {"faber-llm", "faber-exec"}
    assert sum(point.count for point in run.metrics.points("faber.model.latency")) == 15


def test_langsmith_sees_run_step_turn_and_model_call(run: Told) -> None:
    spans = run.langsmith.spans
    seen = [span for span in spans if span.attributes["run_id"] == run.asked]
    calls = named(seen, "ai.request")
    assert {tuple(ancestors(call, spans)[:2]) for call in calls} == {("run", phase) for phase in PHASES}
    assert {len(ancestors(call, spans)) for call in calls} == {4}
    assert sorted(ancestors(call, spans)[2] for call in calls) == ["turn 1"] * 5 + ["turn 2"] * 2
    assert {call.attributes["langsmith.span.kind"] for call in calls} == {"llm"}
    tools = [span for span in seen if span.attributes["langsmith.span.kind"] == "tool"]
    assert {ancestors(tool, spans)[1] for tool in tools} == {"architect", "build"}
    assert all(call.attributes["gen_ai.usage.input_tokens"] > 0 for call in calls)


def test_langsmith_sees_a_definitions_run_step_and_model_call(run: Told) -> None:
    spans = [span for span in run.langsmith.spans if span.attributes["run_id"] == run.defined]
    calls = named(spans, "ai.request")
    assert {tuple(ancestors(call, spans)) for call in calls} == {
        ("run", "summary", "ai_generate", "ai.request")
    }
    assert {call.attributes["langsmith.span.kind"] for call in calls} == {"llm"}


def test_langsmith_gets_its_own_key_and_project_and_nobody_elses_credentials(run: Told) -> None:
    assert run.langsmith.arrived.requests
    for path, headers in run.langsmith.arrived.requests:
        assert path == "/otel/v1/traces"
        assert headers["x-api-key"] == "key-of-langsmith"
        assert "authorization" not in headers
    # The delivery runs' repository names one, the definition's worker has no configuration.
    projects = {headers["langsmith-project"] for _, headers in run.langsmith.arrived.requests}
    assert projects == {PROJECT, "faber-workflows"}


def test_no_text_of_anybody_and_no_secret_leaves_or_is_logged(run: Told) -> None:
    told = repr([run.spans, run.langsmith.spans, run.metrics.arrived.points, run.lines])
    for text in (
        SECRET,
        MAIL,
        API_KEY,
        "key-of-langsmith",
        "of-the-collector",
        "Hello, {name}",
        "lacks its comma",
    ):
        assert text not in told


def test_the_worker_still_says_what_people_read(run: Told) -> None:
    assert any(line.startswith("worker ready: ") for line in run.lines)
    assert "worker: shutting down" in run.lines
    assert {"time", "level", "logger", "message", "run_id", "trace_id"} <= set(run.log[0])
