/** Which Python: the one that FABER_PYTHON names, else the first of `python` and `python3` that has the client. */

import { spawn } from "node:child_process";
import { basename, resolve } from "node:path";

import { PythonNotFoundError } from "./errors.js";

const PROBE = `
import sys
if sys.version_info < (3, 11):
    sys.exit("is Python %d.%d, and 3.11 or newer is needed" % sys.version_info[:2])
import importlib.util
try:
    found = importlib.util.find_spec("faber.api")
except ImportError:
    found = None
sys.exit(0 if found else "has no module faber.api")
`;

const found = new Map<string, Promise<string>>();

/** What a child gets: the caller's environment, in UTF-8, and no module of the folder that it starts in. */
export function childEnvironment(env: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return { ...process.env, ...env, PYTHONSAFEPATH: "1", PYTHONUTF8: "1" };
}

/** Errors: PythonNotFoundError saying what was tried and why it did not do. */
export function interpreter(env: NodeJS.ProcessEnv, cwd: string): Promise<string> {
  const named = env.FABER_PYTHON;
  const key = JSON.stringify([named, env.PATH, cwd]);
  const known = found.get(key);
  if (known !== undefined) return known;
  // A path is the caller's, and not that of the folder which the child is started in.
  const candidates = named ? [named === basename(named) ? named : resolve(cwd, named)] : ["python", "python3"];
  const looking = firstUsable(candidates, env);
  found.set(key, looking);
  looking.catch(() => found.delete(key));
  return looking;
}

async function firstUsable(candidates: string[], env: NodeJS.ProcessEnv): Promise<string> {
  const tried: string[] = [];
  for (const candidate of candidates) {
    const problem = await problemOf(candidate, env);
    if (problem === undefined) return candidate;
    tried.push(`${candidate} ${problem}`);
  }
  throw new PythonNotFoundError(tried);
}

function problemOf(candidate: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  return new Promise((done) => {
    const child = spawn(candidate, ["-c", PROBE], {
      env,
      stdio: ["ignore", "ignore", "pipe"],
      windowsHide: true,
    });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    child.once("error", (error: NodeJS.ErrnoException) => {
      done(error.code === "ENOENT" ? "is not there" : `cannot be started: ${error.message}`);
    });
    child.once("close", (code) => {
      done(code === 0 ? undefined : said.trim() || `ended with ${code ?? "a signal"}`);
    });
  });
}
