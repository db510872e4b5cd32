/** What is published: the types of today's documents, only the files that are meant, and a plugin for Claude Code. */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import ts from "typescript";
import { expect, onTestFinished, test } from "vitest";

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

const USES = `
import { Command } from "commander";
import { registerWorkflowCommands, runFaberWorkflow, watch, type WorkflowResult } from "@fractary/faber";
registerWorkflowCommands(new Command());
export const done: Promise<WorkflowResult> = runFaberWorkflow("1", { env: { FABER_PYTHON: undefined } });
export const states: string[] = [];
for await (const status of watch("1")) states.push(status.status);
`;
const RESOLUTIONS = {
  NodeNext: { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  bundler: { module: ts.ModuleKind.Preserve, moduleResolution: ts.ModuleResolutionKind.Bundler },
  node10: { module: ts.ModuleKind.ES2022, moduleResolution: ts.ModuleResolutionKind.Node10 },
};

/** An empty project with nothing but the package as it is published, and Commander, which has no types of others. */
function newProject(): string {
  const project = mkdtempSync(join(tmpdir(), "faber-project-"));
  onTestFinished(() => {
    rmSync(project, { recursive: true, force: true });
  });
  const npm = (cwd: string, ...argv: string[]): string => execFileSync("npm", argv, { cwd, encoding: "utf8" });
  const packed = npm(PLUGIN, "pack", "--ignore-scripts", "--json", "--pack-destination", project);
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  writeFileSync(join(project, "package.json"), '{ "type": "module" }');
  npm(project, "install", "--offline", "--no-audit", "--no-fund", filename, join(PLUGIN, "node_modules/commander"));
  return project;
}

test("a program in an empty project has the types, however it resolves modules, and without those of Node", () => {
  const project = newProject();
  const program = join(project, "program.ts");
  writeFileSync(program, USES);
  const strict = { strict: true, target: ts.ScriptTarget.ES2022, noEmit: true, skipDefaultLibCheck: true, types: [] };
  const problems = Object.entries(RESOLUTIONS).flatMap(([name, resolution]) => {
    const found = ts.getPreEmitDiagnostics(ts.createProgram([program], { ...strict, ...resolution }));
    return found.map(({ messageText }) => [name, ts.flattenDiagnosticMessageText(messageText, " ")]);
  });
  expect(problems).toEqual([]);
});

test("a program of ES modules imports it, and one of CommonJS is told how where it cannot", () => {
  const project = newProject();
  const node = (...argv: string[]): string =>
    spawnSync(process.execPath, argv, { cwd: project, encoding: "utf8" }).output.join("");
  const named = "import { runFaberWorkflow } from '@fractary/faber'; console.log(typeof runFaberWorkflow)";
  expect(node("--input-type=module", "-e", named)).toBe("function\n");
  const older = "--no-experimental-require-module";
  const flags = process.allowedNodeEnvironmentFlags.has(older) ? [older] : [];
  const required = node(...flags, "--input-type=commonjs", "-e", "require('@fractary/faber')");
  expect(required).toMatch(/^$|Instead change the require .* to a dynamic import\(\)/);
});
