/** What can go wrong, by the exit codes of `python -m faber.api`; messages keep the words of its stderr. */

import type { Ended } from "./calls.js";

export class WorkflowError extends Error {
  override readonly name: string = "WorkflowError";
  /** Null when a signal ended the process. */
  readonly exitCode: number | null;
  readonly stderr: string;

  constructor(what: string, ended: Pick<Ended, "code" | "stderr">) {
    super(`${what} failed: ${ended.stderr}`);
    this.exitCode = ended.code;
    this.stderr = ended.stderr;
  }
}

/** Exit 4. `getResult` reads the document of the run. */
export class BudgetExceededError extends WorkflowError {
  override readonly name = "BudgetExceededError";
}

/** Exit 3 or 5: the run goes on waiting. Answer it by `command`, by `decide`, or by any other door. */
export class ApprovalRequiredError extends WorkflowError {
  override readonly name = "ApprovalRequiredError";
  readonly runId: string;
  /** Binds the answer to what was shown. */
  readonly requestId: string | undefined;
  readonly command: string;

  constructor(what: string, ended: Pick<Ended, "code" | "stderr">) {
    super(what, ended);
    // What the run waits for may quote anybody's words, so only the last line counts.
    this.command = ended.stderr.trimEnd().split("\n").at(-1)?.replace(/^go on: +/, "") ?? "";
    const words = this.command.split(" ");
    this.runId = words[4] ?? "";
    this.requestId = words.includes("--request") ? words[words.indexOf("--request") + 1] : undefined;
  }

  /** Whether it is about money; `raiseBudget` answers that one too. */
  get budget(): boolean {
    return this.exitCode === 5;
  }
}

/** No interpreter that was tried has the Python client. */
export class PythonNotFoundError extends Error {
  override readonly name = "PythonNotFoundError";

  constructor(readonly tried: readonly string[]) {
    super(
      `the Python client of FABER was not found: ${tried.join("; ")}. ` +
        "Install it into a Python of 3.11 or newer with `pip install fractary-faber`, and put that Python on PATH " +
        "or name it in FABER_PYTHON.",
    );
  }
}

export function failure(what: string, ended: Ended): WorkflowError {
  const said = ended.stderr.trim() || `ended by ${ended.signal ?? `exit code ${ended.code ?? "unknown"}`}`;
  const told = { ...ended, stderr: said };
  switch (ended.code) {
    case 3:
    case 5:
      return new ApprovalRequiredError(what, told);
    case 4:
      return new BudgetExceededError(what, told);
    default:
      return new WorkflowError(what, told);
  }
}
