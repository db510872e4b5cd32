/** This project's own Python, and waiting for what comes about. */

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { setTimeout as pause } from "node:timers/promises";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const PYTHON_FOLDER = fileURLToPath(new URL("../../.venv/bin", import.meta.url));

export function python(argv: string[], options: { env: Record<string, string>; input?: string }): string {
  return execFileSync("python", argv, { ...options, cwd: ROOT, encoding: "utf8" });
}

/** `what` is the clause that the failure ends with. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`in ${timeoutMs / 1000} s it never happened that ${what}`);
    await pause(50);
  }
}
