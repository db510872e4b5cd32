/** Runs `python -m faber.api`: words as they are, never a shell, and nothing of the answer is cut. */

import { spawn, type ChildProcess } from "node:child_process";
import { setMaxListeners } from "node:events";
import { statSync } from "node:fs";

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
  /** Ends the process; with a cause, `ended` rejects with it. */
  stop: (cause?: unknown) => void;
  ended: Promise<Ended>;
}

const live = new Set<ChildProcess>();

/** Errors: PythonNotFoundError; the signal's reason; an Error for a folder that is not there. */
export async function start(argv: readonly string[], options: StartOptions = {}): Promise<Started> {
  const { signal, cwd = process.cwd() } = options;
  signal?.throwIfAborted();
  // A system says of a missing folder what it says of a missing program.
  if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) throw new Error(`there is no folder ${cwd}`);
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
  return { stdout: child.stdout as NodeJS.ReadableStream, ...following(child, options) };
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

function following(child: ChildProcess, { signal, onLine }: StartOptions): Pick<Started, "stop" | "ended"> {
  const said = { stdout: "", stderr: "" };
  let stopped = false;
  let problem: Error | undefined;
  const stop = (cause?: unknown): void => {
    stopped = true;
    // A reason that somebody made up need not be an Error, and is passed on all the same.
    problem ??= cause as Error | undefined;
    child.kill();
    if (child.exitCode !== null || child.signalCode !== null) letGo(child);
  };
  const abort = (): void => {
    stop(signal?.reason);
  };
  // As many calls may share it as the caller likes.
  if (signal) setMaxListeners(0, signal);
  signal?.addEventListener("abort", abort, { once: true });
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (said.stdout += text));
  const tell = lines(onLine, stop);
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said.stderr += text;
    tell(text);
  });
  child.once("error", stop);
  child.once("exit", () => {
    if (stopped) letGo(child);
  });
  const ended = new Promise<Ended>((done, fail) => {
    child.once("close", (code, by) => {
      signal?.removeEventListener("abort", abort);
      if (problem === undefined) done({ code, signal: by, ...said });
      else fail(problem);
    });
  });
  // Whoever reads the lines asks for the end last, and may be busy when it comes.
  ended.catch(() => undefined);
  return { stop, ended };
}

/** Of a script that was the interpreter, a process of its own may live on and hold the streams open. */
function letGo(child: ChildProcess): void {
  child.stdout?.destroy();
  child.stderr?.destroy();
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
