"""People who start runs over HTTP, fill in their form and wait for the end; what became of it is the exit code.

`make perf` starts all that this needs; beside a server that is there already:

    FABER_PERF_KEY=<an operator's key> locust -f tests/perf/locustfile.py --headless --host http://host:8000 ...
"""

from __future__ import annotations

import os
import time
from datetime import datetime
from typing import Any

import requests
from locust import HttpUser, between, events, task
from locust.env import Environment
from locust.exception import StopUser
from locust.stats import StatsEntry

from tests.perf import KEY_VARIABLE

ID = "perf-ramp"
DEFINITION: Any = {
    "id": ID,
    "version": 1,
    "name": "A form, a model, a condition",
    "schema_version": "1.0.0",
    "start_step": "ask",
    "steps": [
        {
            "id": "ask",
            "type": "form",
            "next": "sum",
            "config": {"fields": [{"key": "topic", "required": True}]},
        },
        {
            "id": "sum",
            "type": "ai_generate",
            "next": "long",
            "config": {
                "prompt": "Sum up {{ topic }}.",
                "variables": ["topic"],
                "json_schema": {
                    "type": "object",
                    "required": ["text"],
                    "properties": {"text": {"type": "string", "minLength": 1}},
                },
            },
        },
        {
            "id": "long",
            "type": "conditional",
            "next": "again",
            "else": "again",
            "config": {"when": "len(sum_output['text']) > 20"},
        },
        {
            "id": "again",
            "type": "conditional",
            "next": None,
            "else": None,
            "config": {"when": "len(topic) > 0"},
        },
    ],
}
POLL_S = 0.25
WITHIN_S = 120.0
MOST_ERRORS, LEAST_ANSWERED, SLOWEST_STEP_MS = 0.01, 0.97, 150


def credentials() -> dict[str, str]:
    key = os.environ.get(KEY_VARIABLE)
    return {"X-API-Key": key} if key else {}


@events.test_start.add_listener  # type: ignore[untyped-decorator]
def register(environment: Environment, **_: Any) -> None:
    """The same definition again is the version that there is."""
    workflows = f"{environment.host}/v1/workflows"
    known = requests.get(f"{workflows}/{ID}", headers=credentials(), timeout=30)
    if known.status_code == 404:
        answer = requests.post(workflows, json=DEFINITION, headers=credentials(), timeout=30)
    else:
        answer = requests.put(f"{workflows}/{ID}", json=DEFINITION, headers=credentials(), timeout=30)
    answer.raise_for_status()


class Person(HttpUser):
    wait_time = between(0.5, 1.5)

    def on_start(self) -> None:
        self.client.headers.update(credentials())

    @task(8)
    def takes_a_run_to_its_end(self) -> None:
        began = time.perf_counter()
        started = self.client.post("/v1/executions", json={"workflow_id": ID}, name="start")
        if not started.ok:
            return
        run_id = started.json()["run_id"]
        waiting = self._until(run_id, ("waiting",))
        # The mock model fails every other time that it is asked the same: each run asks something of its own.
        inputs = {"topic": f"ducks of {run_id}"}
        self.client.post(f"/v1/executions/{run_id}/resume", json={"inputs": inputs}, name="resume")
        ended = self._until(run_id, ("completed", "failed", "canceled")) if waiting else None
        outcome = ended["status"] if ended else "never ended"
        self._tell("RUN", "to its end", began, None if outcome == "completed" else outcome)
        if ended:
            self._tell_steps(run_id)

    @task(1)
    def looks_at_the_runs(self) -> None:
        self.client.get("/v1/executions", params={"workflow_id": ID, "limit": 50}, name="list executions")

    @task(1)
    def looks_at_the_inbox(self) -> None:
        self.client.get("/v1/gates", name="list gates")

    def _until(self, run_id: str, statuses: tuple[str, ...]) -> dict[str, Any] | None:
        """The run when it stands so; None when it never does."""
        deadline = time.monotonic() + WITHIN_S
        while time.monotonic() < deadline:
            seen = self.client.get(f"/v1/executions/{run_id}", name="look")
            if not seen.ok:
                return None
            found: dict[str, Any] = seen.json()
            if found["status"] in statuses:
                return found
            if found["status"] in ("failed", "canceled"):
                return None
            time.sleep(POLL_S)
        return None

    def _tell_steps(self, run_id: str) -> None:
        history = self.client.get(f"/v1/executions/{run_id}/history", name="history")
        if not history.ok:
            raise StopUser
        for step in history.json()["items"]:
            failed = None if step["status"] == "completed" else step["error"]
            if step["type"] == "ai_generate":
                self.environment.events.request.fire(**_entry("AI", "ai_generate", _ms(step), failed))
            elif step["type"] == "conditional":
                self.environment.events.request.fire(**_entry("STEP", "conditional", _ms(step), failed))

    def _tell(self, kind: str, name: str, began: float, failed: str | None) -> None:
        took = (time.perf_counter() - began) * 1e3
        self.environment.events.request.fire(**_entry(kind, name, took, failed))


def _entry(kind: str, name: str, took_ms: float, failed: str | None) -> dict[str, Any]:
    return {
        "request_type": kind,
        "name": name,
        "response_time": took_ms,
        "response_length": 0,
        "exception": RuntimeError(failed) if failed else None,
        "context": {},
    }


def _ms(step: dict[str, Any]) -> float:
    took = datetime.fromisoformat(step["ended_at"]) - datetime.fromisoformat(step["started_at"])
    return took.total_seconds() * 1e3


@events.quitting.add_listener  # type: ignore[untyped-decorator]
def judge(environment: Environment, **_: Any) -> None:
    """Requests and runs that failed are errors; so is a ramp in which nothing was done."""
    stats = environment.stats
    total, model, step = stats.total, stats.get("ai_generate", "AI"), stats.get("conditional", "STEP")
    answered = 1 - model.fail_ratio
    checks = [
        (f"errors {total.fail_ratio:.2%} of {total.num_requests}", total.fail_ratio < MOST_ERRORS, "< 1 %"),
        (f"AI success {answered:.2%} of {model.num_requests}", answered > LEAST_ANSWERED, "> 97 %"),
        (f"non-model step p95 {_p95(step)} ms", _p95(step) < SLOWEST_STEP_MS, "< 150 ms"),
    ]
    for what, good, target in checks:
        print(f"{what:<44} {target:<10} {'ok' if good else 'NO'}")
    done = model.num_requests > 0 and step.num_requests > 0
    environment.process_exit_code = 0 if done and all(good for _, good, _ in checks) else 1


def _p95(entry: StatsEntry) -> int:
    return int(entry.get_response_time_percentile(0.95) or 0)
