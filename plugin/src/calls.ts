/** What every call takes, and how its process ended; no type here needs another package in a caller's program. */

export interface CallOptions {
  /** Ends the process; a run that it follows goes on. */
  signal?: AbortSignal | undefined;
  /** The folder whose repository is meant; this process's own by default. */
  cwd?: string | undefined;
  /** Variables beside this process's own. */
  env?: Readonly<Record<string, string | undefined>> | undefined;
}

export interface Ended {
  code: number | null;
  /** The name of the one that ended it. */
  signal: string | null;
  stdout: string;
  stderr: string;
}
