Feature: Whether the API lives and can work
  Whoever runs FABER asks before sending people there.

  Scenario: Everything that is needed answers
    When somebody without a key sends GET /healthz
    Then the answer is 200
    And it has:
      | status | ok |
    When somebody without a key sends GET /readyz
    Then the answer is 200
    And it has:
      | ready  | true                         |
      | checks | [temporal, worker, database] |

  Scenario: Nobody is let in without a key
    When somebody without a key sends GET /v1/workflows
    Then the answer is 401 UNAUTHENTICATED
