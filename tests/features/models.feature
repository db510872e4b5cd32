Feature: A model's answer fits its schema, or is repaired, or a person gives it
  What a model says enters a run only when it fits. It is asked again at most twice.

  Background:
    Given the definition:
      """
      id: {workflow_id}
      name: Summary
      start_step: draft
      steps:
        - id: draft
          type: ai_generate
          config:
            model: openai:gpt-4o
            prompt: Summarise the rain.
            json_schema:
              type: object
              required: [summary]
              properties: {summary: {type: string, minLength: 3}}
      """

  Scenario: An answer that does not fit is repaired
    Given the provider answers:
      """
      [{sumary: It rains.}, {summary: x}, {summary: It rains.}]
      """
    And it was started
    Then the execution is completed
    And it has:
      | provider | openai |
      | context.runtime.draft_output.summary | It rains. |
    And the provider was asked 3 times
    And the provider was asked at /v1/chat/completions for "does not fit the schema"

  Scenario: After two repairs the run fails and says why
    Given the provider answers:
      """
      [{summary: x}]
      """
    And it was started
    Then the execution is failed
    And its error mentions "after 2 repairs"
    And its error mentions "summary"
    And the provider was asked 3 times
    Given the provider answers:
      """
      [{summary: It rains.}]
      """
    When the operator sends POST /v1/executions/{run_id}/retry
    Then the answer is 202
    And the execution is completed

  Scenario: Where the definition says so a person gives the output in the model's place
    Given the provider answers:
      """
      [{summary: x}]
      """
    When the operator sends PUT /v1/workflows/{workflow_id} with the YAML:
      """
      id: {workflow_id}
      name: Summary
      start_step: draft
      steps:
        - id: draft
          type: ai_generate
          config:
            model: openai:gpt-4o
            prompt: Summarise the rain.
            on_exhausted: manual_fix
            json_schema:
              type: object
              required: [summary]
              properties: {summary: {type: string, minLength: 3}}
      """
    Then the answer is 200
    Given it was started
    And it waits at "draft"
    And it has:
      | kind | manual_fix |
    When the operator sends POST /v1/runs/{run_id}/forms with:
      """
      {values: {summary: x}, step_id: draft}
      """
    Then the answer is 422 INVALID_OUTPUT
    When the operator sends POST /v1/runs/{run_id}/forms with:
      """
      {values: {summary: It rains.}, step_id: draft}
      """
    Then the answer is 200
    And the execution is completed
    And it has:
      | context.runtime.draft_output.summary | It rains. |

  Scenario: A provider that is busy is asked again
    Given the provider answers:
      """
      [{summary: It rains.}]
      """
    And the provider refuses the first call with 503
    And it was started
    Then the execution is completed
    And the provider was asked 2 times

  Scenario: A provider that refuses the key is not asked again, and a person mends it
    Given the provider answers:
      """
      [{summary: It rains.}]
      """
    And the provider refuses the first call with 401
    And it was started
    And it waits at "manual_fix"
    And the provider was asked 1 time
    When the approver sends POST /v1/runs/{run_id}/decisions with:
      """
      {decision: approve, request_id: "{request_id}", comment: the key is renewed}
      """
    Then the answer is 200
    And the execution is completed
    And the provider was asked 2 times

  Scenario: A run that reaches its budget asks for more
    Given the provider answers:
      """
      [{summary: It rains.}]
      """
    And it was started with:
      """
      run_opts: {budget_usd: 0.001}
      """
    And it waits at "budget"
    And the provider was asked 0 times
    When the approver sends POST /v1/runs/{run_id}/budget with:
      """
      {limit_usd: 5, request_id: "{request_id}"}
      """
    Then the answer is 200
    And the execution is completed
    And the provider was asked 1 time
