/** The guide's samples: those that spawn by themselves, and the same through the package. */

import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { fileURLToPath } from "node:url";

import { Command } from "commander";
import { afterAll, beforeAll, expect, test } from "vitest";

import { decide, execute, getStatus, registerWorkflowCommands, runFaberWorkflow } from "../src/index.js";
import * as guide from "./samples/guide.js";
import { lastTurn, newSite, type Site } from "./site.js";

const environment = { ...process.env };
const folder = process.cwd();

/** As a user's program is: in the repository, with `python` on PATH. */
function inside({ at }: Site): void {
  Object.assign(process.env, at.env);
  process.chdir(at.cwd);
}

beforeAll(() => {
  // Nothing of the tests' own place may help.
  delete process.env.PYTHONPATH;
});

afterAll(() => {
  process.chdir(folder);
  process.env = environment;
});

test("the guide's subprocess works as it is written, and has the package's result", async () => {
  inside(newSite());
  const result = await guide.runFaberWorkflow("1", { autonomy: "autonomous", budget: 10.0, maxRetries: 3 });
  expect(result).toMatchObject({ work_id: "1", status: "completed" });
  // The package's own type fits wherever the guide's does.
  const ours: guide.WorkflowResult = await runFaberWorkflow("1", {});
  expect(ours).toEqual(result);
});

test("the guide's skill repeats its words and is understood", async () => {
  inside(newSite());
  expect(await guide.execute({ workId: "1", autonomy: "autonomous" })).toMatchObject({
    success: true,
    data: { phases_completed: ["frame", "architect", "build", "evaluate", "release"] },
    message: expect.stringMatching(/^Workflow completed: file:/) as string,
  });
});

test("the guide's skill says by exit code 3 that a person is asked, and a second call delivers", async () => {
  inside(newSite({ workflow: { human_approval: { architect: true, release: false } } }));
  await expect(guide.execute({ workId: "1" })).rejects.toThrow("Exit code: 3");
  await decide("1", "approve");
  expect(await guide.execute({ workId: "1" })).toMatchObject({ success: true });
});

test("the skill of the package sends no autonomy that nobody gave", async () => {
  inside(newSite());
  const done = await execute({ workId: "1", budget: 9 });
  expect(done.message).toBe(`Workflow completed: ${String(done.data.pr_url)}`);
  expect(done.data.workflow_id).toMatch(/^faber-/);
  expect((await getStatus("1")).options).toMatchObject({ autonomy: "autonomous", budget_usd: 9 });
});

test("the skill of the package fails as a result, and waits as an exit code with the words behind it", async () => {
  const noGo = newSite({
    change: (script) => {
      Object.assign(lastTurn(script, "evaluate").structured ?? {}, { verdict: "NO_GO", reasons: ["never"] });
    },
  });
  expect(await execute({ workId: "1", ...noGo.at })).toMatchObject({
    success: false,
    message: expect.stringContaining("never") as string,
  });
  const waits = newSite();
  const asked: unknown = await execute({ workId: "1", autonomy: "assisted", ...waits.at }).catch((e: unknown) => e);
  expect(asked).toMatchObject({ message: "Exit code: 3", cause: { name: "ApprovalRequiredError" } });
});

function mine({ at }: Site, ...argv: string[]): SpawnSyncReturns<string> {
  const program = fileURLToPath(new URL("samples/program.js", import.meta.url));
  return spawnSync(process.execPath, [program, ...argv], { ...at, encoding: "utf8" });
}

test("a program with the commands runs, lists, shows and decides, with the exit codes of the Python client", () => {
  const site = newSite({ workflow: { autonomy: "guarded", human_approval: { architect: true }, max_retries: 1 } });
  const waits = mine(site, "workflow", "run", "1", "--budget", "9.5");
  expect([waits.status, waits.stdout]).toEqual([3, ""]);
  expect(waits.stderr).toContain("Phase approval required: architect");
  const { options } = JSON.parse(mine(site, "workflow", "status", "1").stdout) as { options: object };
  expect(options).toMatchObject({ autonomy: "guarded", max_retries: 1, budget_usd: 9.5 });
  const shown = JSON.parse(mine(site, "workflow", "show", "1").stdout) as { request_id: string; text: string };
  expect(shown.text).toContain("# Greet with a comma");
  const request = ["--request", shown.request_id];
  expect(JSON.parse(mine(site, "workflow", "reject", "1", ...request, "--comment", "no").stdout)).toMatchObject({
    decision: "reject",
  });
  const listed = JSON.parse(mine(site, "workflow", "list", "-s", "failed", "-l", "50").stdout) as {
    workflows: { error?: string }[];
  };
  expect(listed.workflows.map((row) => row.error)).toContain("architect rejected by ann: no");
  expect(mine(site, "workflow", "status", "no-such-run").status).toBe(2);
});

test("a flag that was given is sent, also when it is the default", () => {
  const site = newSite();
  expect(mine(site, "workflow", "run", "1", "-a", "assisted", "-r", "3").status).toBe(3);
  const { options } = JSON.parse(mine(site, "workflow", "status", "1").stdout) as { options: object };
  expect(options).toMatchObject({ autonomy: "assisted", max_retries: 3 });
});

test("the help names the options and what holds without them", () => {
  const program = new Command("mine");
  registerWorkflowCommands(program);
  const workflow = program.commands[0];
  expect(workflow?.description()).toBe("FABER workflow commands");
  const run = workflow?.commands.find((command) => command.name() === "run");
  const help = run?.helpInformation().replaceAll(/\s+/g, " ");
  expect(help).toContain("-a, --autonomy <level> Autonomy level (default: the configuration's, else assisted)");
  expect(help).toContain("-b, --budget <amount>");
  expect(help).toContain("-r, --max-retries <n> Maximum retry attempts (default: the configuration's, else 3)");
  const list = workflow?.commands.find((command) => command.name() === "list");
  expect(list?.opts()).toEqual({ limit: "20" });
});

test("without Python a program exits with 1 and says how to install the client", () => {
  const { at, folder: place } = newSite();
  const env = { ...at.env, PATH: place };
  const { status, stderr } = mine({ folder: place, at: { ...at, env } }, "workflow", "list");
  expect([status, stderr]).toEqual([1, expect.stringContaining("pip install fractary-faber")]);
});
