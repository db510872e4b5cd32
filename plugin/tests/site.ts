/** A repository of a test's own whose models' answers are prepared, and the ways to talk to its runs. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import { inject, onTestFinished } from "vitest";

import { python } from "./python.js";

interface Turn {
  structured?: Record<string, unknown>;
  usage?: { input_tokens: number; output_tokens: number };
  delay_s?: number;
}

export interface Script {
  phases: Record<string, Turn[][]>;
}

export interface Site {
  folder: string;
  /** For every call of the package. */
  at: { cwd: string; env: Record<string, string> };
}

export interface Wanted {
  change?: (script: Script) => void;
  workflow?: Record<string, unknown>;
  issues?: Record<string, string>;
}

/** `autonomous` unless the test says otherwise. */
export function newSite({ change, workflow = { autonomy: "autonomous" }, issues }: Wanted = {}): Site {
  const { env, script } = inject("serving");
  const folder = mkdtempSync(join(tmpdir(), "faber-site-"));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const answers = JSON.parse(script) as Script;
  change?.(answers);
  // A run's id is made of the repository's name.
  const asked = { folder, name: basename(folder), script: answers, workflow, issues };
  const checkout = python(["-m", "tests.delivery.site", "make"], { env, input: JSON.stringify(asked) }).trim();
  return { folder, at: { cwd: checkout, env } };
}

export function lastTurn(script: Script, phase: string): Turn {
  const turn = script.phases[phase]?.[0]?.at(-1);
  if (turn === undefined) throw new Error(`the script has no ${phase}`);
  return turn;
}

/** What the phase's last turn costs, at the scripted price of $3 for a million tokens. */
export function spend(script: Script, phase: string, dollars: number): void {
  lastTurn(script, phase).usage = { input_tokens: Math.round((dollars / 3) * 1_000_000), output_tokens: 0 };
}

/** The Temporal CLI alone, as an operator would use it. */
export function temporal(...argv: string[]): string {
  const { env, temporal: server } = inject("serving");
  const named = { TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: server.namespace };
  return execFileSync(server.program, argv, { env: { ...env, ...named }, encoding: "utf8" });
}
