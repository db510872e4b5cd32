/** `python -m faber.api` in the caller's place: its streams are ours, and so is its exit code. */

import { spawn } from "node:child_process";

import { PythonNotFoundError } from "./errors.js";
import { childEnvironment, interpreter } from "./interpreter.js";

// A terminal's Ctrl-C reaches the child by itself; one that was sent to us alone is passed on after this.
const OWN_CTRL_C_MS = 1000;

/** The exit code: the child's, or 1 when a signal ended it or there is no Python to run it. */
export async function inTerminal(argv: readonly string[]): Promise<number> {
  const env = childEnvironment();
  try {
    return await run(await interpreter(env, process.cwd()), argv, env);
  } catch (error) {
    if (!(error instanceof PythonNotFoundError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

function run(python: string, argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((done, fail) => {
    const child = spawn(python, ["-m", "faber.api", ...argv], { env, stdio: "inherit" });
    let waiting: NodeJS.Timeout | undefined;
    const interrupted = (): void => {
      waiting ??= setTimeout(() => child.kill("SIGINT"), OWN_CTRL_C_MS);
    };
    const terminated = (): void => {
      child.kill("SIGTERM");
    };
    process.on("SIGINT", interrupted).on("SIGTERM", terminated);
    const ended = (): void => {
      clearTimeout(waiting);
      process.off("SIGINT", interrupted).off("SIGTERM", terminated);
    };
    child.once("error", (error) => {
      ended();
      fail(error);
    });
    child.once("close", (code) => {
      ended();
      done(code ?? 1);
    });
  });
}
