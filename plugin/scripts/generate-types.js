/** Writes src/generated/documents.ts: the types of every document, from the schemas that the Python client prints. */

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath, pathToFileURL, URL } from "node:url";

import { compile } from "json-schema-to-typescript";

const DOCUMENTS = [
  "WorkflowResult",
  "WorkflowState",
  "WorkflowList",
  "Status",
  "GateView",
  "CancelRequested",
  "Issue",
  "CommentWritten",
  "Specification",
  "PullRequest",
];
const FILE = new URL("../src/generated/documents.ts", import.meta.url);
const PYTHON = process.env.FABER_PYTHON ?? fileURLToPath(new URL("../../.venv/bin/python", import.meta.url));

/** @typedef {import("json-schema-to-typescript").JSONSchema} Schema */

/** @returns {Promise<string>} */
export async function documents() {
  /** @type {Record<string, Schema>} */
  const definitions = { Phase: { enum: ["frame", "architect", "build", "evaluate", "release"] } };
  for (const name of DOCUMENTS) {
    const { definitions: inner, ...document } = schemaOf(name);
    for (const [key, definition] of Object.entries({ ...inner, [name]: document })) {
      definitions[key] = { .../** @type {Schema} */ (bare(definition)), title: key };
    }
  }
  const written = await compile(/** @type {Schema} */ ({ type: "object", definitions }), "Documents", {
    additionalProperties: false,
    bannerComment: "/** Generated from the schemas of `python -m faber.api`: `npm run types` writes it anew. */",
    unreachableDefinitions: true,
  });
  return written
    .replace("export interface Documents {}\n", "")
    .replaceAll(/( \*\n)? \* This interface was referenced by `Documents`'s JSON-Schema\n \* via the .*\n/g, "")
    .replaceAll("/**\n */\n", "");
}

/** @param {string} name @returns {Schema} */
function schemaOf(name) {
  const printed = execFileSync(PYTHON, ["-m", "faber.api", "schema", name], { encoding: "utf8" });
  return /** @type {Schema} */ (JSON.parse(printed));
}

/**
 * Without what would make a type of its own of each property: its title, and a default beside a reference.
 * @param {unknown} node @returns {unknown}
 */
function bare(node) {
  if (Array.isArray(node)) return node.map((item) => bare(item));
  if (typeof node !== "object" || node === null) return node;
  const entries = /** @type {[string, unknown][]} */ (Object.entries(node));
  const kept = entries.filter(
    ([key, value]) => !(key === "title" && typeof value === "string") && key !== "default" && key !== "$schema",
  );
  return Object.fromEntries(kept.map(([key, value]) => [key, bare(value)]));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) writeFileSync(FILE, await documents());
