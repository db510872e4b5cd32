Feature: Whoever listens hears what changes, and only of runs that are theirs
  A page that shows runs listens instead of asking again and again.

  Background:
    Given the definition:
      """
      {id: "{workflow_id}", name: Ask, start_step: ask, steps: [
        {id: ask, type: form, config: {fields: [{key: name, required: true}]}}]}
      """

  Scenario: A listener hears of a run that waits and of its end
    When a viewer listens to GET /v1/events
    And the operator sends POST /v1/executions with:
      """
      {workflow_id: "{workflow_id}"}
      """
    Then somebody hears that the run is waiting
    When the operator sends POST /v1/executions/{run_id}/resume with:
      """
      {inputs: {name: Ada}}
      """
    Then somebody hears that the run is completed

  Scenario: Another tenant finds nothing of a run
    Given it was started
    And it waits at "ask"
    When another tenant sends GET /v1/executions/{run_id}
    Then the answer is 404 NO_SUCH_RUN
    When another tenant sends GET /v1/runs/{run_id}
    Then the answer is 404 NO_SUCH_RUN
    When another tenant sends POST /v1/executions/{run_id}/resume with:
      """
      {inputs: {name: Ada}}
      """
    Then the answer is 404 NO_SUCH_RUN
    When another tenant sends GET /v1/runs?limit=200
    Then the answer is 200
    And among its items is none with:
      | run_id | {run_id} |
    When another tenant sends GET /v1/gates?limit=200
    Then the answer is 200
    And among its items is none with:
      | run_id | {run_id} |
