Feature: Runs that do not complete: rejected, too late, cancelled
  A run that ends otherwise says who or what ended it, and goes on when it is retried.

  Scenario: A rejection fails the run and names who and why, and a retry asks again
    Given the definition:
      """
      {id: "{workflow_id}", name: Agree, start_step: agree, steps: [
        {id: agree, type: approval, config: {approvers: [paul@example.org]}}]}
      """
    And it was started
    And it waits at "agree"
    When the owner sends POST /v1/executions/{run_id}/resume with:
      """
      {approval: false}
      """
    Then the answer is 403 NOT_ALLOWED
    When the approver sends POST /v1/executions/{run_id}/resume with:
      """
      {approval: false, comments: not now}
      """
    Then the answer is 200
    And the execution is failed
    And its error mentions "paul@example.org"
    And its error mentions "not now"
    When the operator sends POST /v1/executions/{run_id}/retry
    Then the answer is 202
    And it waits at "agree"
    When the approver sends POST /v1/executions/{run_id}/resume with:
      """
      {approval: true}
      """
    Then the answer is 200
    And the execution is completed
    When the operator sends POST /v1/executions/{run_id}/retry
    Then the answer is 409 CONFLICT

  Scenario: A rejection goes another way where the definition has one
    Given the definition:
      """
      id: {workflow_id}
      name: Agree
      start_step: agree
      steps:
        - {id: agree, type: approval, config: {approvers: [paul@example.org], on_reject: why}}
        - {id: why, type: form, config: {fields: [{key: reason, required: true}]}}
      """
    And it was started
    And it waits at "agree"
    When the approver sends POST /v1/executions/{run_id}/resume with:
      """
      {approval: false}
      """
    Then it waits at "why"

  Scenario Outline: A <type> that nobody answers in time fails the run
    Given the definition:
      """
      id: {workflow_id}
      name: Quick
      start_step: quick
      steps:
        - {id: quick, type: <type>, config: {<config>, timeout: 1s}}
      """
    And it was started
    Then the execution is failed
    And its error mentions "quick"
    And its error mentions "<said>"

    Examples:
      | type     | config                        | said         |
      | form     | fields: [{key: name}]         | nobody       |
      | approval | approvers: [paul@example.org] | not approved |

  Scenario: An approval that nobody gives in time goes another way where the definition has one
    Given the definition:
      """
      id: {workflow_id}
      name: Quick
      start_step: quick
      steps:
        - {id: quick, type: approval, config: {approvers: [paul@example.org], timeout: 1s, on_timeout: late}}
        - {id: late, type: form, config: {fields: [{key: reason, required: true}]}}
      """
    And it was started
    Then it waits at "late"

  Scenario: A cancelled run has ended, and takes no answer
    Given the definition:
      """
      {id: "{workflow_id}", name: Ask, start_step: ask, steps: [
        {id: ask, type: form, config: {fields: [{key: name, required: true}]}}]}
      """
    And it was started
    And it waits at "ask"
    When a viewer sends POST /v1/executions/{run_id}/cancel
    Then the answer is 403 FORBIDDEN
    When the operator sends POST /v1/executions/{run_id}/cancel
    Then the answer is 202
    And the execution is canceled
    When the operator sends POST /v1/executions/{run_id}/resume with:
      """
      {inputs: {name: Ada}}
      """
    Then the answer is 409 CONFLICT
    When the operator sends POST /v1/executions/{run_id}/cancel
    Then the answer is 409 CONFLICT
