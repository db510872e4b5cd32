/** One Temporal server with the whole worker for all tests, as `make dev` starts them; ended by process id. */

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import type { TestProject } from "vitest/node";

import { eventually, python, PYTHON_FOLDER, ROOT } from "./python.js";

export interface Serving {
  /** Of the worker and of every child: no Temporal of the developer's own is met. */
  env: Record<string, string>;
  temporal: { program: string; address: string; namespace: string };
  /** The prepared answers of a run in which everything goes well. */
  script: string;
}

declare module "vitest" {
  interface ProvidedContext {
    serving: Serving;
  }
}

export default async function serve(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), "faber-plugin-"));
  // Found first, and built where there is none, which may take minutes: a worker is ready within seconds then.
  const program = python(["-c", FIND_CLI], { env: environment(folder) }).trim();
  const env = { ...environment(folder), TEMPORAL_CLI_PATH: program };
  const worker = spawn(join(PYTHON_FOLDER, "python"), ["worker.py", "--dev"], {
    cwd: ROOT,
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  worker.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  await eventually("the worker is ready", () => {
    if (worker.exitCode !== null) throw new Error(`the worker ended with ${worker.exitCode}: ${said}`);
    return said.includes("worker ready");
  });
  const { address, namespace } = JSON.parse(readFileSync(join(folder, "data/engine.json"), "utf8")) as {
    address: string;
    namespace: string;
  };
  const script = python(["-m", "tests.delivery.site", "script"], { env });
  project.provide("serving", { env, temporal: { program, address, namespace }, script });
  return async () => {
    await ended(worker);
    rmSync(folder, { recursive: true, force: true });
  };
}

const FIND_CLI = `
import asyncio, sys
from adapters.engine.binary import find_cli
from faber.settings import Settings
print(asyncio.run(find_cli(Settings.read(), lambda line: print(line, file=sys.stderr))))
`;

function environment(folder: string): Record<string, string> {
  const own = Object.entries(process.env).filter(
    ([name, value]) => value !== undefined && !/^(TEMPORAL_(?!CLI_PATH)|FABER_|LANGSMITH_)/.test(name),
  );
  return {
    ...(Object.fromEntries(own) as Record<string, string>),
    PATH: `${PYTHON_FOLDER}${delimiter}${process.env.PATH ?? ""}`,
    FABER_DATA_DIR: join(folder, "data"),
    FABER_ACTOR: "ann",
    // The developer's own .env is for their own worker.
    FABER_ENV_FILE: "",
    LANGSMITH_API_KEY: "set",
  };
}

async function ended(worker: ChildProcess): Promise<void> {
  if (worker.exitCode !== null) return;
  worker.kill("SIGTERM");
  await once(worker, "close");
}
