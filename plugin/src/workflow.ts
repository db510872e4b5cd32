/** Runs: start and follow one, list them, look, answer, end, watch. */

import { createInterface } from "node:readline";

import type { CallOptions } from "./calls.js";
import { failure } from "./errors.js";
import { eventOf, type WorkflowEvent } from "./events.js";
import type {
  CancelRequested,
  GateView,
  ListedRun,
  Status,
  WorkflowList,
  WorkflowResult,
} from "./generated/documents.js";
import { ask, start } from "./python.js";
import { option } from "./words.js";

export type Autonomy = "assisted" | "guarded" | "autonomous";

export interface WorkflowOptions extends CallOptions {
  /** Left out: the configuration's. */
  autonomy?: Autonomy | undefined;
  /** In dollars. Left out: the configuration's. */
  budget?: number | undefined;
  /** Builds after the first; 0 is none. Left out: the configuration's. */
  maxRetries?: number | undefined;
  /** Wait at gates until somebody answers, instead of rejecting with ApprovalRequiredError. */
  wait?: boolean | undefined;
  /** Deliver a completed item once more. */
  again?: boolean | undefined;
  /** Called as the run goes on. */
  onEvent?: ((event: WorkflowEvent) => void) | undefined;
}

/**
 * Delivers a work item: starts its run, follows the open one, or answers with the completed one's result. A run that
 * failed is a result too, with `status: "failed"`.
 *
 * Errors: ApprovalRequiredError while the run goes on waiting, BudgetExceededError, WorkflowError with the exit code,
 * PythonNotFoundError, and the signal's reason.
 */
export function runFaberWorkflow(workId: string, options: WorkflowOptions = {}): Promise<WorkflowResult> {
  const { onEvent } = options;
  const argv = [
    "run",
    ...option("--autonomy", options.autonomy),
    ...option("--budget", options.budget),
    ...option("--max-retries", options.maxRetries),
    ...(options.wait ? ["--wait"] : []),
    ...(options.again ? ["--again"] : []),
    "--",
    workId,
  ];
  return ask("Workflow", argv.map(String), {
    ...options,
    ...(onEvent && {
      onLine: (line) => {
        onEvent(eventOf(line));
      },
    }),
  });
}

export const runWorkflow = runFaberWorkflow;

/** The document of an ended run; an open one is followed. Errors: ApprovalRequiredError as for a run. */
export function getResult(runId: string, options: CallOptions = {}): Promise<WorkflowResult> {
  return ask("result", ["result", "--", runId], options);
}

export interface ListOptions extends CallOptions {
  status?: "queued" | "running" | "waiting" | "completed" | "failed" | "cancelled" | undefined;
  /** 20 by default. */
  limit?: number | undefined;
}

/** Newest first. */
export async function listWorkflows(options: ListOptions = {}): Promise<ListedRun[]> {
  const argv = ["workflow", "list", ...option("--status", options.status), ...option("--limit", options.limit)];
  return (await ask<WorkflowList>("workflow list", argv, options)).workflows;
}

/** A `runId` may be a unique beginning of one, or a work id of the repository; so in every function below. */
export function getStatus(runId: string, options: CallOptions = {}): Promise<Status> {
  return ask("status", ["status", "--", runId], options);
}

export type Decision = "approve" | "reject" | "revise";
const DECISIONS: readonly string[] = ["approve", "reject", "revise"] satisfies Decision[];

export interface DecideOptions extends CallOptions {
  /** Binds the answer to what was shown; without it exactly one gate must be open. */
  requestId?: string | undefined;
  /** Why, or for `revise` what should change. */
  comment?: string | undefined;
}

export async function decide(runId: string, decision: Decision, options: DecideOptions = {}): Promise<GateView> {
  if (!DECISIONS.includes(decision)) {
    throw new TypeError(`${JSON.stringify(decision)} is no decision: ${DECISIONS.join(", ")} are`);
  }
  const said = [...option("--request", options.requestId), ...option("--comment", options.comment)];
  return ask(decision, [decision, ...said, "--", runId], options);
}

export interface CancelOptions extends CallOptions {
  reason?: string | undefined;
}

/** The ended run's document; CancelRequested while no worker has ended it. */
export function cancel(runId: string, options: CancelOptions = {}): Promise<WorkflowResult | CancelRequested> {
  return ask("cancel", ["cancel", ...option("--reason", options.reason), "--", runId], options);
}

export interface RaiseBudgetOptions extends CallOptions {
  requestId?: string | undefined;
}

/** `usd` is the new limit for the whole run; an open budget gate is answered with it. */
export function raiseBudget(runId: string, usd: number, options: RaiseBudgetOptions = {}): Promise<GateView> {
  const argv = ["raise-budget", ...option("--request", options.requestId), "--", runId, String(usd)];
  return ask("raise-budget", argv, options);
}

/** The run's status each time it changes, the last one when it has ended. Leaving the loop ends the process. */
export async function* watch(runId: string, options: CallOptions = {}): AsyncGenerator<Status, void, undefined> {
  const watching = await start(["watch", "--", runId], options);
  try {
    for await (const line of createInterface({ input: watching.stdout, signal: options.signal })) {
      const snapshot = snapshotOf(line);
      if (snapshot !== undefined) yield snapshot;
    }
    const ended = await watching.ended;
    if (ended.code !== 0) throw failure("watch", ended);
  } finally {
    watching.stop();
    await watching.ended.catch(() => undefined);
  }
}

/** One document whose list has an item on each line, all but the first after a comma. */
function snapshotOf(line: string): Status | undefined {
  if (line.endsWith("[") || line === "]}") return undefined;
  return JSON.parse(line.replace(/^,/, "")) as Status;
}
