Feature: Versions of a definition, and its deletion
  A new version changes no run that is open, and nothing is deleted that a run still needs.

  Background:
    Given the definition:
      """
      {id: "{workflow_id}", name: First, start_step: ask, steps: [
        {id: ask, type: form, config: {fields: [{key: name, required: true}]}}]}
      """

  Scenario: A new version leaves the old one readable, and the same again is no new version
    When the operator sends PUT /v1/workflows/{workflow_id} with:
      """
      {id: "{workflow_id}", name: Second, start_step: ask, steps: [
        {id: ask, type: form, config: {fields: [{key: name, required: true}]}}]}
      """
    Then the answer is 200
    And it has:
      | version | 2 |
    When the operator sends PUT /v1/workflows/{workflow_id} with:
      """
      {id: "{workflow_id}", name: Second, start_step: ask, steps: [
        {id: ask, type: form, config: {fields: [{key: name, required: true}]}}]}
      """
    Then it has:
      | version | 2 |
    When a viewer sends GET /v1/workflows/{workflow_id}?version=1
    Then it has:
      | name | First |
    When a viewer sends GET /v1/workflows?limit=200
    Then among its items is:
      | id      | {workflow_id} |
      | version | 2             |
      | name    | Second        |
    When the operator sends PUT /v1/workflows/{other_id} with:
      """
      {id: "{other_id}", name: Never, start_step: ask, steps: [
        {id: ask, type: form, config: {fields: [{key: name, required: true}]}}]}
      """
    Then the answer is 404 DEFINITION_NOT_FOUND

  Scenario: An open run keeps the version that it was started with
    Given it was started
    And it waits at "ask"
    When the operator sends PUT /v1/workflows/{workflow_id} with:
      """
      {id: "{workflow_id}", name: Second, start_step: ask, steps: [
        {id: ask, type: form, next: more, config: {fields: [{key: name, required: true}]}},
        {id: more, type: form, config: {fields: [{key: age, required: true}]}}]}
      """
    And the operator sends POST /v1/executions/{run_id}/resume with:
      """
      {inputs: {name: Ada}}
      """
    Then the execution is completed
    And it has:
      | workflow_version | 1 |

  Scenario: A definition is deleted when no run of it is open
    Given it was started
    And it waits at "ask"
    When the operator sends DELETE /v1/workflows/{workflow_id}
    Then the answer is 409 CONFLICT
    And its detail mentions "open runs"
    When the operator sends POST /v1/executions/{run_id}/cancel
    Then the execution is canceled
    When the operator sends DELETE /v1/workflows/{workflow_id}
    Then the answer is 204
    When a viewer sends GET /v1/workflows/{workflow_id}
    Then the answer is 404 DEFINITION_NOT_FOUND
    When the operator sends POST /v1/executions with:
      """
      {workflow_id: "{workflow_id}"}
      """
    Then the answer is 404 DEFINITION_NOT_FOUND
