Feature: Definitions are registered, and checked before
  An author sends a definition as YAML or JSON, and is told everything that is wrong with it.

  Scenario: A definition is registered as YAML and read as it was
    When the operator sends POST /v1/workflows with the YAML:
      """
      # Asks for a name.
      id: {workflow_id}
      name: Greeting
      start_step: ask
      steps:
        - {id: ask, type: form, next: agree, config: {fields: [{key: name, required: true}]}}
        - {id: agree, type: approval, config: {approvers: [paul@example.org]}}
      """
    Then the answer is 201
    And it has:
      | id         | {workflow_id}    |
      | version    | 1                |
      | author     | olga             |
      | start_step | ask              |
      | warnings   | []               |
    When a viewer sends GET /v1/workflows/{workflow_id}
    Then the answer is 200
    And it has:
      | name                | Greeting |
      | steps.1.id          | agree    |
      | definition.steps.0.config.fields.0.key | name |

  Scenario: A definition is refused with every problem and its line
    When the operator sends POST /v1/workflows with the YAML:
      """
      id: {workflow_id}
      start_step: nowhere
      steps:
        - id: ask
          type: frm
        - id: draft
          type: form
          next: missing
          config: {fields: [{key: name}]}
      """
    Then the answer is 422 DEFINITION_INVALID
    And its errors mentions "nowhere"
    And its errors mentions "frm"
    And its errors mentions "missing"
    And its errors.0.line is a number
    When a viewer sends GET /v1/workflows/{workflow_id}
    Then the answer is 404 DEFINITION_NOT_FOUND

  Scenario: Validating says what is wrong and stores nothing
    When a viewer sends POST /v1/workflows/validate with:
      """
      id: '{workflow_id}'
      start_step: check
      steps: [{id: check, type: conditional, config: {when: "age >= "}}]
      """
    Then the answer is 200
    And it has:
      | valid           | false                |
      | problems.0.path | steps[0].config.when |
    When a viewer sends POST /v1/workflows/{workflow_id}/validate
    Then the answer is 404 DEFINITION_NOT_FOUND

  Scenario: What is registered can be validated again
    Given the definition:
      """
      {id: "{workflow_id}", name: Check, start_step: check, steps: [
        {id: check, type: conditional, config: {when: age >= 18}}]}
      """
    When a viewer sends POST /v1/workflows/{workflow_id}/validate
    Then the answer is 200
    And it has:
      | valid | true |

  Scenario: A viewer registers nothing, and an id is taken once
    Given the definition:
      """
      {id: "{workflow_id}", name: Check, start_step: check, steps: [
        {id: check, type: conditional, config: {when: age >= 18}}]}
      """
    When the operator sends POST /v1/workflows with:
      """
      {id: "{workflow_id}", name: Other, start_step: check, steps: [
        {id: check, type: conditional, config: {when: age >= 21}}]}
      """
    Then the answer is 409 CONFLICT
    When a viewer sends POST /v1/workflows with:
      """
      {id: "{other_id}", name: Other, start_step: check, steps: [
        {id: check, type: conditional, config: {when: age >= 21}}]}
      """
    Then the answer is 403 FORBIDDEN
