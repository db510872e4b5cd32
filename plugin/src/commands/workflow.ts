/** The group `workflow` for a program that is built with Commander, of any version. */

import { inTerminal } from "../terminal.js";
import { option } from "../words.js";

/** What is used of Commander's `Command`. */
export interface CommandLike {
  command(nameAndArgs: string): CommandLike;
  description(text: string): CommandLike;
  option(flags: string, description: string): CommandLike;
  createOption(flags: string, description: string): OptionLike;
  addOption(option: OptionLike): CommandLike;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Commander's own word: arguments, options, command.
  action(run: (...given: any[]) => Promise<void>): CommandLike;
  getOptionValueSource(key: string): string | undefined;
}

export interface OptionLike {
  default(value: string, description: string): OptionLike;
}

type Values = Record<string, string | undefined>;

export function registerWorkflowCommands(program: CommandLike): void {
  const workflow = program.command("workflow").description("FABER workflow commands");
  registerRun(workflow.command("run <work_id>"));
  registerList(workflow.command("list"));
  registerLooking(workflow);
  registerDeciding(workflow);
}

function registerRun(run: CommandLike): void {
  run.description("Run FABER workflow for a work item");
  withDefault(run, "-a, --autonomy <level>", "Autonomy level", "assisted");
  run.option("-b, --budget <amount>", "Budget limit in USD");
  withDefault(run, "-r, --max-retries <n>", "Maximum retry attempts", "3");
  run.action(async (workId: string, values: Values) => {
    const autonomy = given(run, "--autonomy", "autonomy", values);
    const maxRetries = given(run, "--max-retries", "maxRetries", values);
    await leave(["run", ...autonomy, ...option("--budget", values.budget), ...maxRetries, "--", workId]);
  });
}

function registerList(list: CommandLike): void {
  list.description("List workflow executions").option("-s, --status <status>", "Filter by status");
  list.addOption(list.createOption("-l, --limit <n>", "Maximum results").default("20", "20"));
  list.action(async (values: Values) => {
    const filter = [...option("--status", values.status), ...option("--limit", values.limit)];
    await leave(["workflow", "list", ...filter]);
  });
}

function registerLooking(workflow: CommandLike): void {
  workflow
    .command("status <run_id>")
    .description("Where a run is, what it waits for, what it has spent")
    .action((runId: string) => leave(["status", "--", runId]));
  workflow
    .command("show <run_id> [name]")
    .description("What an answer is about: spec, diff, checks or transcript")
    .action((runId: string, name?: string) => leave(["show", "--", runId, ...(name ? [name] : [])]));
}

function registerDeciding(workflow: CommandLike): void {
  const answers = {
    approve: "Say yes at a gate",
    reject: "Say no at a gate, which fails the run",
    revise: "Have the gated phase done again, with the comment as what to change",
  };
  for (const [decision, description] of Object.entries(answers)) {
    workflow
      .command(`${decision} <run_id>`)
      .description(description)
      .option("--request <id>", "The request that is answered")
      .option("--comment <text>", "Recorded with the answer")
      .action(async (runId: string, values: Values) => {
        const said = [...option("--request", values.request), ...option("--comment", values.comment)];
        await leave([decision, ...said, "--", runId]);
      });
  }
}

/** What the configuration leaves open. It is shown and not sent: a flag that nobody gave would beat the file. */
function withDefault(command: CommandLike, flags: string, description: string, value: string): void {
  command.addOption(command.createOption(flags, description).default(value, `the configuration's, else ${value}`));
}

function given(command: CommandLike, name: string, key: string, values: Values): string[] {
  return command.getOptionValueSource(key) === "default" ? [] : option(name, values[key]);
}

async function leave(argv: readonly string[]): Promise<never> {
  process.exit(await inTerminal(argv));
}
