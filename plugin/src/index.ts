/** FABER from TypeScript: every call is one `python -m faber.api`. */

export type { CallOptions } from "./calls.js";
export { registerWorkflowCommands } from "./commands/workflow.js";
export { ApprovalRequiredError, BudgetExceededError, PythonNotFoundError, WorkflowError } from "./errors.js";
export type { WorkflowEvent } from "./events.js";
export type * from "./generated/documents.js";
export { repoManager, specManager, workManager, type PullRequestOptions, type SpecOptions } from "./managers.js";
export { execute, type SkillResult, type WorkflowParams } from "./skills/workflow-runner.js";
export {
  cancel,
  decide,
  getResult,
  getStatus,
  listWorkflows,
  raiseBudget,
  runFaberWorkflow,
  runWorkflow,
  watch,
  type Autonomy,
  type CancelOptions,
  type Decision,
  type DecideOptions,
  type ListOptions,
  type RaiseBudgetOptions,
  type WorkflowOptions,
} from "./workflow.js";
