/** The child process: which Python, what it is given, what ends it, and what it says when nobody can work. */

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";

import { expect, inject, test } from "vitest";

import {
  cancel,
  getStatus,
  listWorkflows,
  PythonNotFoundError,
  runFaberWorkflow,
  watch,
  WorkflowError,
  type ApprovalRequiredError,
  type WorkflowEvent,
} from "../src/index.js";
import { eventually, python, PYTHON_FOLDER, ROOT } from "./python.js";
import { lastTurn, newSite, temporal, type Site } from "./site.js";

/** Its first phase takes a minute. */
function slowSite(): Site {
  return newSite({
    change: (script) => {
      lastTurn(script, "frame").delay_s = 60;
    },
  });
}

async function goesOn({ at }: Site): Promise<void> {
  expect((await getStatus("1", at)).status).toBe("running");
  await cancel("1", at);
}

function program(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}

test("an aborted call rejects with the reason, its process has ended, and the run goes on", async () => {
  const site = slowSite();
  const stop = new AbortController();
  const running = runFaberWorkflow("1", {
    ...site.at,
    signal: stop.signal,
    onEvent: (event) => {
      if (event.type === "phase") stop.abort(new Error("enough"));
    },
  });
  await expect(running).rejects.toThrow("enough");
  await expect(runFaberWorkflow("1", { ...site.at, signal: stop.signal })).rejects.toThrow("enough");
  await goesOn(site);
});

test("a listener that throws ends the call with what it threw", async () => {
  const site = slowSite();
  const running = runFaberWorkflow("1", {
    ...site.at,
    onEvent: (event) => {
      if (event.type === "phase") throw new Error("mine");
    },
  });
  await expect(running).rejects.toThrow("mine");
  await goesOn(site);
});

test("leaving a watch ends its process, and so does the end of the program that watches", async () => {
  const site = slowSite();
  let runId = "";
  const begun = new AbortController();
  const onEvent = (event: WorkflowEvent): void => {
    if (event.type === "run") runId = event.runId;
    else begun.abort();
  };
  await runFaberWorkflow("1", { ...site.at, signal: begun.signal, onEvent }).catch(() => undefined);
  for await (const status of watch(runId, site.at)) {
    expect(status.work_id).toBe("1");
    break;
  }
  const source = `
    import { watch } from ${JSON.stringify(pathToFileURL(join(ROOT, "plugin/dist/index.js")).href)};
    for await (const status of watch("${runId}")) process.exit(status.work_id === "1" ? 0 : 1);
  `;
  execFileSync(process.execPath, ["--input-type=module", "-e", source], site.at);
  await eventually("no process watches any more", () => !processes(site).includes(`faber.api watch -- ${runId}`));
  await goesOn(site);
});

function processes({ at }: Site): string {
  const all = 'import psutil\nfor one in psutil.process_iter(["cmdline"]): print(*(one.info["cmdline"] or ()))';
  return python(["-c", all], at);
}

test("the interpreter is FABER_PYTHON, then python, then python3, whichever has the client", async () => {
  const { at, folder } = newSite();
  const bin = join(folder, "bin");
  mkdirSync(bin);
  program(bin, "python", "#!/bin/sh\necho 'has no client' >&2\nexit 1\n");
  const before = { ...at.env, PYTHONPATH: "", PATH: [bin, "/usr/bin", "/bin"].join(delimiter) };
  const refused = listWorkflows({ ...at, env: before });
  await expect(refused).rejects.toThrow(PythonNotFoundError);
  await expect(refused).rejects.toThrow(/python has no client; python3 .*pip install fractary-faber.*FABER_PYTHON/s);

  program(bin, "python3", `#!/bin/sh\nexec ${join(PYTHON_FOLDER, "python")} "$@"\n`);
  expect(await listWorkflows({ ...at, env: before, limit: 1 })).toBeInstanceOf(Array);
  const named = { ...at.env, PATH: "/nowhere", FABER_PYTHON: "../bin/python3" };
  expect(await listWorkflows({ ...at, env: named, limit: 1 })).toBeInstanceOf(Array);
  const wrong = listWorkflows({ ...at, env: { ...at.env, FABER_PYTHON: "no-such-python" } });
  await expect(wrong).rejects.toThrow("no-such-python is not there");
});

test("a watch that is aborted while its reader is busy ends where the reader asks for more", async () => {
  const site = newSite({ workflow: {} });
  const asked: unknown = await runFaberWorkflow("1", site.at).catch((error: unknown) => error);
  const { runId } = asked as ApprovalRequiredError;
  const watching = `faber.api watch -- ${runId}`;
  const stop = new AbortController();
  const seen: string[] = [];
  const reading = async (): Promise<void> => {
    for await (const status of watch(runId, { ...site.at, signal: stop.signal })) {
      seen.push(status.status);
      stop.abort(new Error("enough"));
      // Twice, so that the end of the process has been told here too.
      let gone = 0;
      await eventually("nothing watches any more", () => !processes(site).includes(watching) && ++gone > 1);
    }
  };
  await expect(reading()).rejects.toThrow("enough");
  expect(seen).toEqual(["waiting"]);
});

test("an aborted call does not wait for what its interpreter has started", async () => {
  const { at, folder } = slowSite();
  const wrapper = program(folder, "wrapped python", `#!/bin/sh\n"${join(PYTHON_FOLDER, "python")}" "$@"\n`);
  const stop = new AbortController();
  const onEvent = (event: WorkflowEvent): void => {
    if (event.type === "phase") stop.abort(new Error("enough"));
  };
  const env = { ...at.env, FABER_PYTHON: wrapper };
  await expect(runFaberWorkflow("1", { cwd: at.cwd, env, signal: stop.signal, onEvent })).rejects.toThrow("enough");
  await goesOn({ at, folder });
});

test("one signal may end any number of calls", async () => {
  const { at } = newSite();
  const warnings: string[] = [];
  const told = (warning: Error): void => void warnings.push(warning.message);
  process.on("warning", told);
  const { signal } = new AbortController();
  await Promise.all(Array.from({ length: 12 }, () => listWorkflows({ ...at, limit: 1, signal })));
  process.off("warning", told);
  expect(warnings).toEqual([]);
});

test("a folder that is not there is named, and not taken for a missing Python", async () => {
  const { at, folder } = newSite();
  const nowhere = join(folder, "nowhere");
  await expect(listWorkflows({ ...at, cwd: nowhere })).rejects.toThrow(`there is no folder ${nowhere}`);
});

test("a package called faber in the folder is never imported", async () => {
  const { at } = newSite();
  mkdirSync(join(at.cwd, "faber"));
  writeFileSync(join(at.cwd, "faber/__init__.py"), "raise SystemExit('hijacked')\n");
  expect(await listWorkflows({ ...at, limit: 1 })).toBeInstanceOf(Array);
});

test("zero means zero: no retries are given on, and a budget of nothing is refused", async () => {
  const { at } = newSite();
  await expect(runFaberWorkflow("1", { ...at, budget: 0 })).rejects.toMatchObject({ exitCode: 2 });
  await expect(runFaberWorkflow("1", { ...at, budget: -5 })).rejects.toThrow("--budget");
  await expect(runFaberWorkflow("1", { ...at, maxRetries: 1.5 })).rejects.toThrow("--max-retries");
  await runFaberWorkflow("1", { ...at, maxRetries: 0 });
  expect((await getStatus("1", at)).options).toMatchObject({ max_retries: 0, autonomy: "autonomous" });
});

test("without a server, without a worker, the message says what to start", async () => {
  const { at } = newSite();
  const nowhere = { ...at, env: { ...at.env, TEMPORAL_ADDRESS: "127.0.0.1:9" } };
  const unreachable: unknown = await runFaberWorkflow("1", nowhere).catch((error: unknown) => error);
  expect(unreachable).toBeInstanceOf(WorkflowError);
  expect(unreachable).toMatchObject({ exitCode: 6, stderr: expect.stringContaining("make dev") as string });

  const { address } = inject("serving").temporal;
  temporal("operator", "namespace", "create", "--namespace", "nobody-works-here");
  const env = { ...at.env, TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: "nobody-works-here" };
  await eventually("the namespace is known", async () => {
    const error: unknown = await runFaberWorkflow("1", { ...at, env }).catch((problem: unknown) => problem);
    return error instanceof WorkflowError && error.exitCode === 6 && error.stderr.includes("no worker polls");
  });
});

test.each(["to the terminal's group", "to the program alone"])("Ctrl-C %s leaves the run alone", async (whom) => {
  const site = slowSite();
  const child = spawn(process.execPath, [join(ROOT, "plugin/dist/bin.js"), "workflow", "run", "1"], {
    ...site.at,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  await eventually("the first phase has begun", () => said.includes("frame: round 1"));
  process.kill(whom === "to the program alone" ? Number(child.pid) : -Number(child.pid), "SIGINT");
  const [code] = (await once(child, "close")) as [number];
  expect(code).toBe(130);
  expect(said).toContain("interrupted: the run goes on.\nfollow it again: python -m faber.api run 1\n");
  await goesOn(site);
});

test("the binary has every command of the Python client, and says its version", () => {
  const { at } = newSite();
  const bin = (...argv: string[]): string =>
    execFileSync(process.execPath, [join(ROOT, "plugin/dist/bin.js"), ...argv], {
      ...at,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  const { version } = JSON.parse(readFileSync(join(ROOT, "plugin/package.json"), "utf8")) as { version: string };
  expect(bin("--version")).toBe(`${version}\n`);
  expect(bin("--help")).toContain("run-inspect");
  bin("run", "1");
  const inspected = JSON.parse(bin("run-inspect", "--work-id", "1")) as { result: { status: string } };
  expect(inspected.result.status).toBe("completed");
  expect(JSON.parse(bin("workflow-inspect"))).toMatchObject({ result: { work_id: "1" } });
});
