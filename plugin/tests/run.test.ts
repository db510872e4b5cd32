/** runFaberWorkflow as a user writes it: a run that completes, fails, waits, exceeds its budget, or cannot begin. */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import {
  ApprovalRequiredError,
  BudgetExceededError,
  cancel,
  decide,
  getResult,
  getStatus,
  raiseBudget,
  runFaberWorkflow,
  runWorkflow,
  watch,
  workManager,
  WorkflowError,
  type Status,
  type WorkflowEvent,
} from "../src/index.js";
import { eventually } from "./python.js";
import { lastTurn, newSite, spend, temporal } from "./site.js";

async function rejection<Kind extends Error>(
  kind: abstract new (...given: never[]) => Kind,
  promise: Promise<unknown>,
): Promise<Kind> {
  const error: unknown = await promise.then(
    () => undefined,
    (problem: unknown) => problem,
  );
  expect(error).toBeInstanceOf(kind);
  return error as Kind;
}

test("a completed run resolves with its result, and tells its phases as they begin", async () => {
  const { at } = newSite();
  const events: WorkflowEvent[] = [];
  const result = await runFaberWorkflow("1", { ...at, budget: 10.0, onEvent: (event) => events.push(event) });
  expect(result.status).toBe("completed");
  expect(result.completed_phases).toEqual(["frame", "architect", "build", "evaluate", "release"]);
  expect(existsSync(fileURLToPath(result.pr_url ?? ""))).toBe(true);
  expect(result.error).toBeUndefined();
  expect(events[0]).toEqual({ type: "run", text: `run ${result.workflow_id}`, runId: result.workflow_id });
  const phases = events.flatMap((event) => (event.type === "phase" ? [event.phase] : []));
  expect(phases.at(-1)).toBe("release");
});

test("a run that failed is a result that says where and why", async () => {
  const { at } = newSite({
    change: (script) => {
      Object.assign(lastTurn(script, "evaluate").structured ?? {}, { verdict: "NO_GO", reasons: ["not this way"] });
    },
  });
  const result = await runWorkflow("1", at);
  expect(result.status).toBe("failed");
  expect(result.error).toContain("not this way");
  expect(result.error_phase).toBe("evaluate");
  expect(result.pr_url).toBeUndefined();
});

test("a gate rejects with how to answer it; answered by the Temporal CLI, the same call attaches again", async () => {
  const { at } = newSite({ workflow: {} });
  const architect = await rejection(ApprovalRequiredError, runFaberWorkflow("1", at));
  expect(architect.message).toMatch(/^Workflow failed: (.|\n)*Phase approval required: architect/);
  expect(architect.message.includes("approval required")).toBe(true);
  expect([architect.exitCode, architect.budget]).toEqual([3, false]);
  expect(architect.command).toBe(
    `python -m faber.api approve ${architect.runId} --request ${String(architect.requestId)}`,
  );
  const answer = { decision: "approve", request_id: architect.requestId, actor: "bob", via: "temporal-cli" };
  const id = ["--workflow-id", architect.runId];
  temporal("workflow", "update", "execute", ...id, "--name", "decide", "--input", JSON.stringify(answer));

  const release = await rejection(ApprovalRequiredError, runFaberWorkflow("1", at));
  expect(release.runId).toBe(architect.runId);
  const gate = await decide(release.runId, "approve", { ...at, requestId: release.requestId, comment: "-- fine" });
  expect(gate).toMatchObject({ name: "release", decision: "approve", actor: "ann", bound: true, comment: "-- fine" });

  const result = await runFaberWorkflow("1", at);
  expect(result.status).toBe("completed");
  expect(result.decisions.map(({ name, actor }) => [name, actor])).toEqual([
    ["architect", "bob"],
    ["release", "ann"],
  ]);
});

test("with wait a gate is waited for, and a rejection names who and why", async () => {
  const { at } = newSite({ workflow: {} });
  const waiting = runFaberWorkflow("1", { ...at, wait: true });
  await eventually("the gate is open", async () => (await getStatus("1", at).catch(() => undefined))?.status === "waiting");
  await decide("1", "reject", { ...at, comment: "not now" });
  expect(await waiting).toMatchObject({ status: "failed", error: "architect rejected by ann: not now" });
});

test("the error handling of the guide: the budget is exceeded, and the issue is told", async () => {
  const { at } = newSite({
    change: (script) => {
      spend(script, "frame", 6);
    },
  });
  let said = "";
  try {
    await runFaberWorkflow("1", { ...at, budget: 5.0 });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error.message.includes("Budget exceeded")) {
      said = "Workflow exceeded budget limit";
      await workManager.commentOnIssue("1", `${said}\n\n${error.message}`, at);
    } else if (error.message.includes("approval required")) {
      said = "Waiting for budget approval...";
    } else {
      throw error;
    }
  }
  expect(said).toBe("Workflow exceeded budget limit");
  const issue = await workManager.fetchIssue("1", at);
  expect(issue.comments.at(-1)?.body).toMatch(/^Workflow exceeded budget limit\n\nWorkflow failed: .*Budget exceeded: \$/s);
  expect(await getResult("1", at)).toMatchObject({ status: "failed", error_code: "BUDGET_EXCEEDED" });
  expect((await rejection(BudgetExceededError, runFaberWorkflow("1", { ...at, budget: 5.0 }))).exitCode).toBe(4);
});

test("the budget flow: a question at ninety percent, a higher limit, and the same call goes on", async () => {
  const { at } = newSite({
    workflow: { autonomy: "autonomous", cost: { budget_limit_usd: 10, on_budget: "ask" } },
    change: (script) => {
      spend(script, "frame", 9.3);
    },
  });
  const asked = await rejection(ApprovalRequiredError, runFaberWorkflow("1", at));
  expect(asked.message).toContain("Budget approval required at 90%: $9.30 / $10.00");
  expect(asked.message).not.toContain("Budget exceeded");
  expect([asked.exitCode, asked.budget]).toEqual([5, true]);
  const gate = await raiseBudget(asked.runId, 20, { ...at, requestId: asked.requestId });
  expect(gate).toMatchObject({ decision: "approve", comment: "limit raised to $20.00" });
  const result = await runFaberWorkflow("1", at);
  expect(result).toMatchObject({ status: "completed", cost: { limit_usd: 20 } });
  expect(result.cost_usd).toBeGreaterThanOrEqual(9.3);
});

test("an open run is watched until it has ended, and cancelled by name", async () => {
  const { at } = newSite({ workflow: {} });
  const { runId } = await rejection(ApprovalRequiredError, runFaberWorkflow("1", at));
  const seen: Status[] = [];
  for await (const status of watch(runId, at)) {
    seen.push(status);
    if (seen.length === 1) {
      expect(status.waiting_on[0]?.command).toContain(`approve ${runId} --request `);
      expect(await cancel(runId, { ...at, reason: "changed my mind" })).toMatchObject({
        status: "failed",
        error: "cancelled by ann: changed my mind",
        error_phase: "architect",
      });
    }
  }
  expect([seen[0]?.status, seen.at(-1)?.status]).toEqual(["waiting", "cancelled"]);
  expect((await rejection(WorkflowError, decide(runId, "approve", at))).message).toMatch(/^approve failed: .*ended/);
});
