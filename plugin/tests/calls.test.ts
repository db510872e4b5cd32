/** The calls around runs: many at once, lists, the single steps by hand. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import {
  getStatus,
  listWorkflows,
  repoManager,
  runFaberWorkflow,
  specManager,
  workManager,
  type Decision,
  decide,
} from "../src/index.js";
import { eventually } from "./python.js";
import { newSite } from "./site.js";

function git(cwd: string, ...argv: string[]): string {
  const identity = ["-c", "user.name=ann", "-c", "user.email=ann@localhost"];
  return execFileSync("git", [...identity, ...argv], { cwd, encoding: "utf8" }).trim();
}

test("fifty questions at once are fifty answers", async () => {
  const { at } = newSite({ workflow: {} });
  await expect(runFaberWorkflow("1", at)).rejects.toThrow("approval required");
  const answers = await Promise.all(Array.from({ length: 50 }, () => getStatus("1", at)));
  expect(new Set(answers.map((status) => JSON.stringify(status))).size).toBe(1);
  expect(answers[0]).toMatchObject({ status: "waiting", current_phase: "architect" });
});

test("runs are listed by status, the limit after the filter", async () => {
  const { at } = newSite({ issues: { a: "---\nid: a\n---\n# A\n", b: "---\nid: b\n---\n# B\n" } });
  const { workflow_id: first } = await runFaberWorkflow("a", at);
  await runFaberWorkflow("b", { ...at, autonomy: "assisted" }).catch(() => undefined);
  await eventually("both are listed", async () => {
    const rows = await listWorkflows({ ...at, limit: 100 });
    return ["a", "b"].every((id) => rows.some((row) => row.work_id === id));
  });
  const completed = await listWorkflows({ ...at, status: "completed", limit: 100 });
  expect(completed.find((row) => row.workflow_id === first)).toMatchObject({
    status: "completed",
    current_phase: "release",
    waiting_on: [],
  });
  expect(await listWorkflows({ ...at, status: "waiting", limit: 1 })).toHaveLength(1);
});

test("the phases by hand: an issue, a specification, a pull request that closes it", async () => {
  const { at } = newSite();
  const issue = await workManager.fetchIssue("1", at);
  expect(issue).toMatchObject({ id: "1", title: "Greetings lack their comma", labels: ["bug"] });

  const spec = await specManager.createSpec(issue.title, {
    ...at,
    workId: issue.id,
    workType: "bug",
    summary: "It lacks its comma: “Hello, Ann!”",
    criteria: ["greet('Ann') has one", "--help is no option here"],
  });
  expect(spec.criteria).toEqual(["greet('Ann') has one", "--help is no option here"]);
  expect(readFileSync(join(at.cwd, spec.path), "utf8")).toContain("“Hello, Ann!”");

  git(at.cwd, "switch", "-qc", "comma");
  git(at.cwd, "add", "specs");
  git(at.cwd, "commit", "-qm", "Specify the comma");
  await expect(repoManager.createPR({ ...at, title: spec.title, workId: issue.id })).rejects.toThrow(
    "repo create-pr failed: the origin has no branch 'comma': push it first, `git push -u origin comma`",
  );
  git(at.cwd, "push", "-q", "origin", "comma");
  const pr = await repoManager.createPR({ ...at, title: spec.title, body: "- a *comma*", workId: issue.id });
  expect(pr).toMatchObject({ branch: "comma", base: "main", head_sha: git(at.cwd, "rev-parse", "HEAD") });
  expect(readFileSync(fileURLToPath(pr.url), "utf8")).toContain("- a *comma*\n\nCloses #1");
});

test("a comment of any length and alphabet arrives whole, and a large issue comes back whole", async () => {
  const body = "§ Grüße 世界 🚀 \"quoted\" $(touch pwned) `touch pwned` %PATH% ^& \\\n".repeat(900);
  const large = "€".repeat(250_000);
  const { at } = newSite({ issues: { "1": `---\nid: 1\n---\n# Large\n\n${large}\n` } });
  await workManager.commentOnIssue(1, body, at);
  const issue = await workManager.fetchIssue(1, at);
  expect(issue.comments.map((comment) => comment.body)).toEqual([body.trim()]);
  expect(issue.body.split("€")).toHaveLength(250_001);
});

test("words are only ever words", async () => {
  const { at } = newSite();
  for (const word of ["--help", "-x", "$(touch pwned)", "a'; touch pwned; '", 'a"b\\', "%PATH%", "ünï 世"]) {
    await expect(getStatus(word, at)).rejects.toThrow(`status failed: no run is called`);
  }
  await expect(runFaberWorkflow("--help", at)).resolves.toMatchObject({ status: "failed", work_id: "--help" });
  const verb = "terminate" as Decision;
  await expect(decide("1", verb, at)).rejects.toThrow('"terminate" is no decision: approve, reject, revise are');
  expect(git(at.cwd, "status", "--short")).toBe("");
});
