/** A program of a user's own, built with Commander. */
// @ts-nocheck What is imported may not have been built yet.

import { Command } from "commander";
import process from "node:process";

import { registerWorkflowCommands } from "@fractary/faber";

const program = new Command("mine");
registerWorkflowCommands(program);
await program.parseAsync(process.argv);
