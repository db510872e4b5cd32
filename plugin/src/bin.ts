#!/usr/bin/env node
/** `fractary-faber`: every command of `python -m faber.api`, by the Python that has it. */

import { readFileSync } from "node:fs";

import { inTerminal } from "./terminal.js";

const argv = process.argv.slice(2);

if (argv[0] === "--version") {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  process.stdout.write(`${version}\n`);
} else {
  process.exitCode = await inTerminal(argv);
}
