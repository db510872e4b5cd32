/** The integration guide's own samples, as they stand there: they spawn `python` by themselves. */

import { spawn } from "node:child_process";

interface WorkflowOptions {
  autonomy?: "assisted" | "guarded" | "autonomous";
  budget?: number;
  maxRetries?: number;
}

export interface WorkflowResult {
  workflow_id: string;
  work_id: string;
  status: "completed" | "failed";
  completed_phases: string[];
  pr_url?: string;
  error?: string;
  error_phase?: string;
  cost_usd: number;
}

export async function runFaberWorkflow(workId: string, options: WorkflowOptions): Promise<WorkflowResult> {
  return new Promise((resolve, reject) => {
    const args = ["run", workId];

    if (options.autonomy) args.push("--autonomy", options.autonomy);
    if (options.budget) args.push("--budget", options.budget.toString());
    if (options.maxRetries) args.push("--max-retries", options.maxRetries.toString());

    const proc = spawn("python", ["-m", "faber.api", "run", workId, ...args.slice(2)], {
      stdio: ["pipe", "pipe", "pipe"],
    });

    let stdout = "";
    let stderr = "";

    proc.stdout.on("data", (data: Buffer) => {
      stdout += data.toString();
    });
    proc.stderr.on("data", (data: Buffer) => {
      stderr += data.toString();
    });

    proc.on("close", (code) => {
      if (code === 0) {
        resolve(JSON.parse(stdout) as WorkflowResult);
      } else {
        reject(new Error(`Workflow failed: ${stderr}`));
      }
    });
  });
}

interface WorkflowParams {
  workId: string;
  autonomy?: "assisted" | "guarded" | "autonomous";
  budget?: number;
}

interface SkillResult {
  success: boolean;
  data: { workflow_id: string; phases_completed: string[]; pr_url?: string | undefined };
  message: string;
}

export async function execute(params: WorkflowParams): Promise<SkillResult> {
  const { workId, autonomy = "assisted", budget } = params;

  // Build command
  const args = ["run", workId, "--autonomy", autonomy];
  if (budget) args.push("--budget", budget.toString());

  // Execute Python workflow
  const result = await new Promise<string>((resolve, reject) => {
    const proc = spawn("python", ["-m", "faber.api", "run", workId, ...args], { stdio: ["pipe", "pipe", "pipe"] });
    let output = "";
    proc.stdout.on("data", (d: Buffer) => {
      output += d.toString();
    });
    proc.on("close", (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`Exit code: ${String(code)}`));
    });
  });

  const state = JSON.parse(result) as WorkflowResult;

  return {
    success: !state.error,
    data: {
      workflow_id: state.workflow_id,
      phases_completed: state.completed_phases,
      pr_url: state.pr_url,
    },
    message: state.error ?? `Workflow completed: ${String(state.pr_url)}`,
  };
}
