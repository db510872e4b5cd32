Feature: A work item is delivered, with people at its gates
  A run takes an issue to a reviewed change. People approve what they were shown, and can stop it at any time.

  Background:
    Given a repository with an open issue

  Scenario: From the issue to the released change
    When the operator sends POST /v1/runs with:
      """
      {work_id: "1", repo: "{repo}", project: "{project}"}
      """
    Then the answer is 202
    And it has:
      | created | true |
    And its run_id is kept as first
    When the operator sends POST /v1/runs with:
      """
      {work_id: "1", repo: "{repo}", project: "{project}"}
      """
    Then the answer is 200
    And it has:
      | run_id  | {first} |
      | created | false   |
    And it waits at "architect"
    When the approver sends GET /v1/gates?project={project}
    Then the answer is 200
    And among its items is:
      | run_id     | {run_id}     |
      | request_id | {request_id} |
      | run_kind   | delivery     |
      | kind       | approval     |
    When the approver sends GET /v1/runs/{run_id}/artifacts/spec
    Then the answer is 200
    And it has:
      | request_id | {request_id} |
    And its text mentions "Greet with a comma"
    When the approver sends POST /v1/runs/{run_id}/decisions with:
      """
      {decision: approve, request_id: "{request_id}", comment: good}
      """
    Then the answer is 200
    And it has:
      | actor | paul@example.org |
      | via   | http             |
      | bound | true             |
    And it waits at "release"
    When the approver sends GET /v1/runs/{run_id}/artifacts
    Then the answer is 200
    And its items mentions "diff"
    When the approver sends GET /v1/runs/{run_id}/diff
    Then the answer is 200
    And its text mentions "Hello, "
    When the approver sends POST /v1/runs/{run_id}/decisions with:
      """
      {decision: approve, request_id: "{request_id}"}
      """
    Then the answer is 200
    And the run is completed
    And it has:
      | kind            | delivery         |
      | decided.0.actor | paul@example.org |
      | decided.1.actor | paul@example.org |
    And its pr_url is a text
    When a viewer sends GET /v1/runs/{run_id}/history
    Then the answer is 200
    And it has:
      | items.0.event | started |
    And among its items is:
      | event | completed |
    When a viewer sends GET /v1/runs?project={project}&status=completed
    Then the answer is 200
    And among its items is:
      | run_id  | {run_id} |
      | work_id | "1"      |

  Scenario: A run is paused, given another budget, resumed and cancelled
    Given its delivery was started
    And it waits at "architect"
    When the operator sends POST /v1/runs/{run_id}/resume
    Then the answer is 409
    When the operator sends POST /v1/runs/{run_id}/pause with:
      """
      {reason: not today}
      """
    Then the answer is 200
    And it has:
      | what | "paused by olga: not today" |
    When the operator sends POST /v1/runs/{run_id}/resume
    Then the answer is 200
    And it has:
      | decision | approve |
      | actor    | olga    |
    When the approver sends POST /v1/runs/{run_id}/budget with:
      """
      {limit_usd: 12.5}
      """
    Then the answer is 200
    When a viewer sends GET /v1/runs/{run_id}
    Then it has:
      | cost.limit_usd | 12.5 |
    When the operator sends POST /v1/runs/{run_id}/cancel with:
      """
      {reason: enough}
      """
    Then the answer is 202
    And the run is cancelled
    And it has:
      | error | "cancelled by olga: enough" |

  Scenario: A rejected run fails and names who and why, and is tried again
    Given its delivery was started
    And it waits at "architect"
    When the owner sends POST /v1/runs/{run_id}/decisions with:
      """
      {decision: approve, request_id: architect-9-00000000}
      """
    Then the answer is 409 UNKNOWN_REQUEST
    When a viewer sends POST /v1/runs/{run_id}/decisions with:
      """
      {decision: approve}
      """
    Then the answer is 403 FORBIDDEN
    When the approver sends POST /v1/runs/{run_id}/decisions with:
      """
      {decision: reject, comment: not now}
      """
    Then the answer is 200
    And the run is failed
    And it has:
      | error | "architect rejected by paul@example.org: not now" |
    When the operator sends POST /v1/runs/{run_id}/retry
    Then the answer is 202
    And it waits at "architect"

  Scenario: What delivers has gates and no forms
    Given its delivery was started
    And it waits at "architect"
    When the operator sends POST /v1/runs/{run_id}/forms with:
      """
      {values: {name: Ada}}
      """
    Then the answer is 409 CONFLICT
    And its detail mentions "gates and no forms"
