/** Generated from the schemas of `python -m faber.api`: `npm run types` writes it anew. */

export type Phase = "frame" | "architect" | "build" | "evaluate" | "release";

/**
 * Spend of one phase or model. `calls` counts requests that reached the provider, wasted ones included.
 */
export interface CostLine {
  name: string;
  calls: number;
  input_tokens: number;
  output_tokens: number;
  cost_usd: number;
  wasted_usd: number;
  wasted_calls: number;
  priced: boolean;
  estimated: boolean;
}
export interface CostSummary {
  spent_usd: number;
  reserved_usd: number;
  limit_usd?: number | null;
  wasted_usd: number;
  calls: number;
  tokens: number;
  priced: boolean;
  by_phase: CostLine[];
  by_model: CostLine[];
}
/**
 * One thing that the engine itself checked. `kind`: worktree, specification, commit, check, verdict, merge_trial,
 * push, pull_request, comment, merge.
 */
export interface Evidence {
  phase: "frame" | "architect" | "build" | "evaluate" | "release";
  kind: string;
  ok: boolean;
  what: string;
  sha?: string | null;
  exit_code?: number | null;
  artifact?: string | null;
  round: number;
}
/**
 * A gate as everybody sees it. `decision` is None until `needed` have approved, or one has said otherwise.
 */
export interface GateView {
  name: string;
  kind: "approval" | "form" | "budget" | "manual_fix" | "pause";
  round: number;
  request_id: string;
  opened_at: string;
  what: string;
  deadline_at?: string | null;
  on_deadline?: string | null;
  decision?: ("approve" | "reject" | "revise") | null;
  comment: string;
  actor?: string | null;
  via?: string | null;
  bound?: boolean | null;
  decided_at?: string | null;
  needed: number;
  votes: Vote[];
}
/**
 * One person's word on a gate that needs several.
 */
export interface Vote {
  decision: "approve" | "reject" | "revise";
  actor: string;
  via: string;
  comment: string;
  at: string;
}
export interface PhaseResult {
  phase: "frame" | "architect" | "build" | "evaluate" | "release";
  round: number;
  status: string;
  duration_ms: number;
  cost_usd: number;
  error?: string | null;
}
/**
 * How a run ended. `pr_url`, `error`, `error_phase` are left out of the printed document when empty.
 */
export interface WorkflowResult {
  workflow_id: string;
  work_id: string;
  status: "completed" | "failed";
  completed_phases: ("frame" | "architect" | "build" | "evaluate" | "release")[];
  pr_url?: string;
  error?: string;
  error_code?: string;
  error_phase?: "frame" | "architect" | "build" | "evaluate" | "release";
  cost_usd: number;
  spec_path?: string;
  branch_name?: string;
  head_sha?: string;
  retry_count: number;
  evaluation_result?: "GO" | "NO_GO" | "RETRY";
  work_type?: string;
  work_type_confidence?: number;
  pr_number?: number;
  pr_state?: string;
  commits: string[];
  files_modified: string[];
  tests_added: string[];
  criteria_met: string[];
  criteria_unmet: string[];
  issues_found: string[];
  total_tokens: number;
  cost: CostSummary;
  evidence: Evidence[];
  phase_results: PhaseResult[];
  decisions: GateView[];
  models: {
    [k: string]: string;
  };
  sandbox: string;
  notes: string[];
  receipt?: {
    [k: string]: unknown;
  };
  dry_run: boolean;
  temporal_run_id?: string;
  started_at: string;
  ended_at: string;
}
export interface Comment {
  author: string;
  body: string;
  at: string;
}
/**
 * A work item as its tracker holds it.
 */
export interface Issue {
  id: string;
  number?: number | null;
  title: string;
  body: string;
  labels: string[];
  state: string;
  url: string;
  author: string;
  comments: Comment[];
}
/**
 * The document that the change answers to; `content_hash` is the sha256 of its text.
 */
export interface Specification {
  id: string;
  path: string;
  title: string;
  status: string;
  content_hash: string;
  criteria: string[];
}
/**
 * A derived copy, written at each phase's end. What is not known yet is left out of the document, except
 * `error` and `error_phase`, which are null while nothing failed.
 */
export interface WorkflowState {
  workflow_id: string;
  work_id: string;
  current_phase?: "frame" | "architect" | "build" | "evaluate" | "release";
  completed_phases?: string[];
  issue?: Issue;
  specification?: Specification;
  branch_name?: string;
  pr_url?: string;
  evaluation_result?: "GO" | "NO_GO" | "RETRY";
  retry_count?: number;
  error?: string | null;
  error_phase?: string | null;
}
/**
 * A run in a list; what it has nothing to say about is left out. A cancelled one's status is `failed`.
 */
export interface ListedRun {
  workflow_id: string;
  work_id: string;
  status: "queued" | "running" | "waiting" | "completed" | "failed" | "cancelled";
  completed_phases: string[];
  pr_url?: string | null;
  error?: string | null;
  error_phase?: string | null;
  cost_usd: number;
  started_at: string;
  current_phase?: string | null;
  waiting_on: string[];
}
export interface WorkflowList {
  workflows: ListedRun[];
}
/**
 * One thing that keeps a run waiting: what, since when, what happens by itself and when, and the exact
 * command that unblocks it.
 */
export interface WaitingOn {
  gate: string;
  kind: "approval" | "form" | "budget" | "manual_fix" | "pause";
  request_id: string;
  what: string;
  since: string;
  by_itself: string;
  at?: string | null;
  command: string;
  temporal_command: string;
  reminded: boolean;
  approvers: string[];
  needed: number;
  votes: Vote[];
  fields: {
    [k: string]: unknown;
  }[];
}
/**
 * The compact snapshot that the query `status` answers with.
 */
export interface Status {
  run_id: string;
  work_id: string;
  project: string;
  status: "queued" | "running" | "waiting" | "completed" | "failed" | "cancelled";
  current_phase?: ("frame" | "architect" | "build" | "evaluate" | "release") | null;
  round: number;
  completed_phases: ("frame" | "architect" | "build" | "evaluate" | "release")[];
  waiting_on: WaitingOn[];
  decided: GateView[];
  cost: CostSummary;
  cost_usd: number;
  retry_count: number;
  started_at: string;
  branch_name?: string | null;
  head_sha?: string | null;
  pr_url?: string | null;
  evaluation_result?: ("GO" | "NO_GO" | "RETRY") | null;
  error?: string | null;
  error_phase?: ("frame" | "architect" | "build" | "evaluate" | "release") | null;
  options: {
    [k: string]: unknown;
  };
  notes: string[];
  ignored: string[];
  shows: {
    [k: string]: string;
  };
  receipt?: {
    [k: string]: unknown;
  } | null;
  tenant?: string | null;
}
/**
 * Of a run that no worker has ended yet: the request is kept until one does.
 */
export interface CancelRequested {
  workflow_id: string;
  status: "running";
  cancel_requested: true;
}
export interface CommentWritten {
  work_id: string;
  comment_id: string;
}
export interface PullRequest {
  number: number;
  url: string;
  title: string;
  branch: string;
  base: string;
  head_sha: string;
  state: string;
}
