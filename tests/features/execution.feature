Feature: A definition runs from its form by a model and an approval to its end
  The run waits for people as long as it takes, and goes on with what they say.

  Scenario Outline: A form, a model's answer, an approval, with <whose> model
    Given the provider answers:
      """
      [{summary: A warm welcome., score: 7}]
      """
    When the operator sends POST /v1/workflows with the YAML:
      """
      id: {workflow_id}
      name: Greeting
      start_step: ask
      steps:
        - {id: ask, type: form, next: draft, config: {fields: [{key: name, required: true}]}}
        - id: draft
          type: ai_generate
          next: agree
          config:
            model: <model>
            prompt: Greet {{ name }}.
            variables: [name]
            json_schema:
              type: object
              required: [summary, score]
              properties: {summary: {type: string, minLength: 3}, score: {type: integer}}
        - {id: agree, type: approval, config: {approvers: [paul@example.org]}}
      """
    Then the answer is 201
    When the operator sends POST /v1/executions with:
      """
      {workflow_id: "{workflow_id}", inputs: {team: blue}, profile: {locale: de}}
      """
    Then the answer is 202
    And it has:
      | workflow_version | 1    |
      | created          | true |
    And it waits at "ask"
    And it has:
      | kind         | form |
      | fields.0.key | name |
    When the operator sends POST /v1/executions/{run_id}/resume with:
      """
      {inputs: {nam: Ada}}
      """
    Then the answer is 422 INVALID_FORM
    And its detail mentions "name"
    When the operator sends POST /v1/executions/{run_id}/resume with:
      """
      {inputs: {name: Ada}, request_id: "{request_id}"}
      """
    Then the answer is 200
    And it has:
      | gates.0.actor | olga |
      | gates.0.via   | http |
    And it waits at "agree"
    When the approver sends POST /v1/executions/{run_id}/resume with:
      """
      {approvals: [{step_id: agree, approved: true, comment: fine}]}
      """
    Then the answer is 200
    And the execution is completed
    And it has:
      | provider  | <provider> |
      | initiator | olga       |
    And the provider was asked <calls> times
    When a viewer sends GET /v1/executions/{run_id}
    Then the answer is 200
    When a viewer sends GET /v1/executions/{run_id}/context
    Then the answer is 200
    And it has:
      | profile.locale                | de   |
      | runtime.team                  | blue |
      | runtime.name                  | Ada  |
      | runtime.agree_output.approved | true |
    And its runtime.draft_output.summary is a text
    And its runtime.draft_output.score is a number
    When a viewer sends GET /v1/executions/{run_id}/history
    Then the answer is 200
    And it has:
      | items.0.step_id | ask       |
      | items.1.step_id | draft     |
      | items.2.step_id | agree     |
      | items.2.status  | completed |
    When a viewer sends GET /v1/executions?workflow_id={workflow_id}
    Then the answer is 200
    And among its items is:
      | id     | {run_id}  |
      | status | completed |

    Examples:
      | whose      | model         | provider | calls |
      | the mock's | mock:mock     | mock     | 0     |
      | OpenAI's   | openai:gpt-4o | openai   | 1     |

  Scenario: An answer is exactly one, and what has ended takes none
    Given the definition:
      """
      {id: "{workflow_id}", name: Ask, start_step: ask, steps: [
        {id: ask, type: form, config: {fields: [{key: name, required: true}]}}]}
      """
    And it was started
    And it waits at "ask"
    When the owner sends POST /v1/executions/{run_id}/resume with:
      """
      {inputs: {name: Ada}, approval: true}
      """
    Then the answer is 400 NOT_ONE_ANSWER
    When a viewer sends POST /v1/executions/{run_id}/resume with:
      """
      {inputs: {name: Ada}}
      """
    Then the answer is 403 FORBIDDEN
    When the operator sends POST /v1/executions/{run_id}/resume with:
      """
      {inputs: {name: Ada}}
      """
    Then the answer is 200
    And the execution is completed
    When the operator sends POST /v1/executions/{run_id}/resume with:
      """
      {inputs: {name: Ada}}
      """
    Then the answer is 409 CONFLICT
