/** What a run says on stderr while it is followed, line by line. */

import type { Phase } from "./generated/documents.js";

export type WorkflowEvent =
  | { type: "run"; text: string; runId: string }
  | { type: "phase"; text: string; phase: Phase; round: number; costUsd: number }
  | { type: "waiting"; text: string }
  | { type: "note"; text: string }
  | { type: "message"; text: string };

const RUN = /^run (\S+)$/;
const PHASE = /^(frame|architect|build|evaluate|release): round (\d+), \$(\d+\.\d+) spent$/;
const PREFIXED = /^(waiting|note): (.+)$/;

export function eventOf(line: string): WorkflowEvent {
  const run = RUN.exec(line);
  if (run?.[1]) return { type: "run", text: line, runId: run[1] };
  const phase = PHASE.exec(line);
  if (phase) {
    const [text, name, round, cost] = phase;
    return { type: "phase", text, phase: name as Phase, round: Number(round), costUsd: Number(cost) };
  }
  const prefixed = PREFIXED.exec(line);
  if (prefixed?.[2]) return { type: prefixed[1] as "waiting" | "note", text: prefixed[2] };
  return { type: "message", text: line };
}
