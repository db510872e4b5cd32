/** Single steps for code that goes through the phases itself: the tracker, a specification, a pull request. */

import type { CallOptions } from "./calls.js";
import type { CommentWritten, Issue, PullRequest, Specification } from "./generated/documents.js";
import { ask } from "./python.js";
import { option, options as each } from "./words.js";

export interface SpecOptions extends CallOptions {
  /** The work item that it specifies. */
  workId: string;
  /** Decides the headings; `feature` by default. */
  workType?: "feature" | "bug" | "chore" | "patch" | "infrastructure" | "api" | undefined;
  /** Markdown, as is `approach`. */
  summary?: string | undefined;
  approach?: string | undefined;
  criteria?: readonly string[] | undefined;
  files?: readonly string[] | undefined;
  risks?: readonly string[] | undefined;
}

export interface PullRequestOptions extends CallOptions {
  title: string;
  /** Markdown. */
  body?: string | undefined;
  /** A branch that was pushed; the one that is checked out by default. */
  head?: string | undefined;
  /** The default branch by default. */
  base?: string | undefined;
  /** The work item that it closes. */
  workId?: string | undefined;
}

export const workManager = {
  /** With its comments. */
  fetchIssue(workId: string | number, options: CallOptions = {}): Promise<Issue> {
    return ask("work fetch", ["work", "fetch", "--", String(workId)], options);
  },

  /** One comment more, each time. */
  commentOnIssue(workId: string | number, body: string, options: CallOptions = {}): Promise<CommentWritten> {
    const argv = ["work", "comment", "--body-file=-", "--", String(workId)];
    return ask("work comment", argv, { ...options, input: body });
  },
};

export const specManager = {
  /** Writes the document into the repository and leaves it to you to commit it. */
  createSpec(title: string, options: SpecOptions): Promise<Specification> {
    const argv = [
      ...["spec", "create"],
      ...option("--work-id", options.workId),
      ...option("--type", options.workType),
      ...option("--approach", options.approach),
      ...each("--criterion", options.criteria),
      ...each("--file", options.files),
      ...each("--risk", options.risks),
    ];
    return ask("spec create", [...argv, "--body-file=-", "--", title], { ...options, input: options.summary ?? "" });
  },
};

export const repoManager = {
  /** Opens the pull request of a pushed branch, or brings its open one up to date. */
  createPR(options: PullRequestOptions): Promise<PullRequest> {
    const argv = [
      ...["repo", "create-pr"],
      ...option("--head", options.head),
      ...option("--base", options.base),
      ...option("--work-id", options.workId),
    ];
    return ask("repo create-pr", [...argv, "--body-file=-", "--", options.title], {
      ...options,
      input: options.body ?? "",
    });
  },
};
