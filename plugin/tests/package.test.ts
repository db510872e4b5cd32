/** What is published: the types of today's documents, only the files that are meant, and a plugin for Claude Code. */

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import ts from "typescript";
import { expect, test } from "vitest";

import { documents } from "../scripts/generate-types.js";
import { ROOT } from "./python.js";

const PLUGIN = fileURLToPath(new URL("..", import.meta.url));

function read(name: string): string {
  return readFileSync(join(PLUGIN, name), "utf8");
}

test("the types are those of the schemas that the Python client prints", async () => {
  expect(read("src/generated/documents.ts")).toBe(await documents());
});

test("the package holds what it runs and documents, and nothing else", () => {
  const printed = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: PLUGIN,
    encoding: "utf8",
  });
  const [packed] = JSON.parse(printed) as [{ files: { path: string }[] }];
  const names = packed.files.map(({ path }) => path);
  const sources = readdirSync(join(PLUGIN, "src"), { recursive: true, encoding: "utf8" });
  const built = sources
    .filter((source) => source.endsWith(".ts"))
    .flatMap((source) => [".js", ".d.ts"].map((end) => `dist/${source.replace(/\.ts$/, end)}`));
  const more = [".claude-plugin/plugin.json", "LICENSE", "README.md", "commands/workflow-run.md", "package.json"];
  expect(names.toSorted()).toEqual([...built, ...more].toSorted());
});

test("the package has no run-time dependency, the versions agree, and the lock file names no host", () => {
  const { version, dependencies } = JSON.parse(read("package.json")) as { version: string; dependencies?: object };
  expect(dependencies).toBeUndefined();
  expect(JSON.parse(read(".claude-plugin/plugin.json"))).toMatchObject({ name: "fractary-faber", version });
  expect(read("package-lock.json")).not.toContain('"resolved"');
  expect(read("LICENSE")).toBe(readFileSync(join(ROOT, "LICENSE"), "utf8"));
});

test("the samples of the README have the types of the package", () => {
  const samples = [...read("README.md").matchAll(/```typescript\n(.*?)```/gs)].map(([, code]) => code ?? "");
  const files = new Map(samples.map((code, place) => [join(PLUGIN, `sample-${place}.ts`), code]));
  const fromDisk = ts.sys.readFile.bind(ts.sys);
  const { config } = ts.readConfigFile(join(PLUGIN, "tsconfig.json"), fromDisk) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, PLUGIN);
  const host = ts.createCompilerHost(options);
  const exists = host.fileExists.bind(host);
  const get = host.getSourceFile.bind(host);
  host.fileExists = (name) => files.has(name) || exists(name);
  host.getSourceFile = (name, language, ...more) => {
    const code = files.get(name);
    return code === undefined ? get(name, language, ...more) : ts.createSourceFile(name, code, language);
  };
  const program = ts.createProgram([...files.keys()], options, host);
  const problems = ts.getPreEmitDiagnostics(program);
  expect(files.size).toBe(3);
  expect(problems.map(({ messageText, file }) => [file?.fileName, messageText])).toEqual([]);
});
