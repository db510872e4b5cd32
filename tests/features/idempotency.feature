Feature: One key is one run
  Whoever repeats a start, because an answer was lost, starts nothing twice.

  Background:
    Given the definition:
      """
      {id: "{workflow_id}", name: Ask, start_step: ask, steps: [
        {id: ask, type: form, config: {fields: [{key: name, required: true}]}}]}
      """

  Scenario: Twenty starts at once with one key make one run
    When the operator sends POST /v1/executions 20 times at once with:
      """
      {workflow_id: "{workflow_id}", inputs: {a: 1, b: [2]}, idempotency_key: "{key}"}
      """
    Then 1 answer is 202 and 19 are 200
    And all of them name one run
    And it waits at "ask"
    When a viewer sends GET /v1/executions/{run_id}
    Then it has:
      | idempotency_key | {key} |

  Scenario: The same key and the same inputs find the run, wherever the key is written
    Given it was started with:
      """
      inputs: {a: 1, b: 2}
      idempotency_key: "{key}"
      """
    And its run_id is kept as first
    When the operator sends POST /v1/executions with:
      """
      {workflow_id: "{workflow_id}", inputs: {b: 2, a: 1}, run_opts: {idempotency_key: "{key}"}}
      """
    Then the answer is 200
    And it has:
      | run_id  | {first} |
      | created | false   |

  Scenario: The same key with other inputs is a conflict
    Given it was started with:
      """
      inputs: {a: 1}
      idempotency_key: "{key}"
      """
    When the operator sends POST /v1/executions with:
      """
      {workflow_id: "{workflow_id}", inputs: {a: 2}, idempotency_key: "{key}"}
      """
    Then the answer is 409 CONFLICT

  Scenario: The key can be made of the definition and the inputs
    Given it was started with:
      """
      inputs: {a: 1}
      run_opts: {idempotency: auto}
      """
    And its run_id is kept as first
    When the operator sends POST /v1/executions with:
      """
      {workflow_id: "{workflow_id}", inputs: {a: 1}, run_opts: {idempotency: auto}}
      """
    Then the answer is 200
    And it has:
      | run_id | {first} |
    When the operator sends POST /v1/executions with:
      """
      {workflow_id: "{workflow_id}", inputs: {a: 2}, run_opts: {idempotency: auto}}
      """
    Then the answer is 202
    And its run_id is another than {first}

  Scenario: Without a key each start is a run
    Given it was started
    And its run_id is kept as first
    And it was started
    Then its run_id is another than {first}
