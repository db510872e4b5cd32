/** A skill's entry: delivers a work item and says how it ended. */

import { WorkflowError } from "../errors.js";
import type { WorkflowResult } from "../generated/documents.js";
import { runFaberWorkflow, type WorkflowOptions } from "../workflow.js";

/** `autonomy` left out follows the configuration, which is `assisted` unless it says otherwise. */
export type WorkflowParams = Pick<WorkflowOptions, "autonomy" | "budget" | "cwd" | "env" | "signal"> & {
  workId: string;
};

export interface SkillResult {
  success: boolean;
  data: { workflow_id: string; phases_completed: string[]; pr_url: string | undefined };
  message: string;
}

/** Errors: `Exit code: <n>`, with what the command line said as its `cause`. */
export async function execute({ workId, ...options }: WorkflowParams): Promise<SkillResult> {
  const state = await delivered(workId, options);
  return {
    success: !state.error,
    data: {
      workflow_id: state.workflow_id,
      phases_completed: state.completed_phases,
      pr_url: state.pr_url,
    },
    message: state.error ?? `Workflow completed: ${state.pr_url ?? "without a pull request"}`,
  };
}

async function delivered(workId: string, options: WorkflowOptions): Promise<WorkflowResult> {
  try {
    return await runFaberWorkflow(workId, options);
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error;
    throw new Error(`Exit code: ${error.exitCode ?? "none"}`, { cause: error });
  }
}
