/** Runs `python -m faber.api`: words as they are, never a shell, and nothing of the answer is cut. */

import { spawn, type ChildProcess } from "node:child_process";

import type { CallOptions, Ended } from "./calls.js";
import { failure } from "./errors.js";
import { childEnvironment, interpreter } from "./interpreter.js";

interface StartOptions extends CallOptions {
  input?: string;
  /** Called with each line of stderr as it comes. */
  onLine?: (line: string) => void;
}

export interface Started {
  stdout: NodeJS.ReadableStream;
  stop: () => void;
  ended: Promise<Ended>;
}

const live = new Set<ChildProcess>();

/** Errors: PythonNotFoundError; the signal's reason. */
export async function start(argv: readonly string[], options: StartOptions = {}): Promise<Started> {
  const { signal, cwd = process.cwd() } = options;
  signal?.throwIfAborted();
  const env = childEnvironment(options.env);
  const python = await interpreter(env, cwd);
  signal?.throwIfAborted();
  const child = spawn(python, ["-m", "faber.api", ...argv], {
    cwd,
    env,
    stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    windowsHide: true,
  });
  keep(child);
  // A process that has ended already reads no more; what it said tells why.
  child.stdin?.on("error", () => undefined).end(options.input);
  return {
    stdout: child.stdout as NodeJS.ReadableStream,
    stop: () => child.kill(),
    ended: end(child, options),
  };
}

/** The one JSON document on stdout. `what` begins the message of a failure. */
export async function ask<Answer>(what: string, argv: readonly string[], options: StartOptions): Promise<Answer> {
  const ended = await (await start(argv, options)).ended;
  if (ended.code !== 0) throw failure(what, ended);
  try {
    return JSON.parse(ended.stdout) as Answer;
  } catch {
    throw failure(what, { ...ended, stderr: `stdout is no JSON document: ${ended.stdout.slice(0, 200)}` });
  }
}

function end(child: ChildProcess, { signal, onLine }: StartOptions): Promise<Ended> {
  return new Promise((done, fail) => {
    const said = { stdout: "", stderr: "" };
    let problem: Error | undefined;
    const stop = (cause: unknown): void => {
      // A reason that somebody made up need not be an Error, and is passed on all the same.
      problem ??= cause as Error;
      child.kill();
    };
    const abort = (): void => {
      stop(signal?.reason);
    };
    signal?.addEventListener("abort", abort, { once: true });
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (said.stdout += text));
    const tell = lines(onLine, stop);
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said.stderr += text;
      tell(text);
    });
    child.once("error", stop);
    child.once("close", (code, by) => {
      signal?.removeEventListener("abort", abort);
      if (problem === undefined) done({ code, signal: by, ...said });
      else fail(problem);
    });
  });
}

/** A listener that throws ends the call with what it threw. */
function lines(onLine: ((line: string) => void) | undefined, stop: (problem: unknown) => void): (text: string) => void {
  let rest = "";
  return (text) => {
    if (onLine === undefined) return;
    const whole = (rest + text).split(/\r?\n/);
    rest = whole.pop() ?? "";
    try {
      whole.forEach(onLine);
    } catch (problem) {
      stop(problem);
    }
  };
}

/** A child never outlives a process that ends by itself. */
function keep(child: ChildProcess): void {
  if (live.size === 0) process.once("exit", endAll);
  live.add(child);
  child.once("close", () => {
    live.delete(child);
    if (live.size === 0) process.removeListener("exit", endAll);
  });
}

function endAll(): void {
  for (const child of live) child.kill();
}
