Feature: A single model call, and two versions side by side
  Developers try a prompt without a definition, and compare a definition with the one before it.

  Scenario: A single call is answered by what fits the schema
    When the operator sends POST /v1/ai/infer with:
      """
      prompt: A word for {{ thing }}.
      variables: {thing: rain}
      json_schema: {type: object, required: [word], properties: {word: {type: string, minLength: 1}}}
      """
    Then the answer is 200
    And it has:
      | provider    | mock |
      | retry_count | 0    |
    And its output.word is a text
    And its tokens_prompt is a number
    When the operator sends GET /v1/executions/{run_id}
    Then the answer is 200
    And it has:
      | status | completed |

  Scenario: A single call that a real provider answers counts its repairs
    Given the provider answers:
      """
      [{wrong: 1}, {word: drizzle}]
      """
    When the operator sends POST /v1/ai/infer with:
      """
      prompt: A word for rain.
      model: openai:gpt-4o
      json_schema: {type: object, required: [word], properties: {word: {type: string}}}
      """
    Then the answer is 200
    And it has:
      | output      | {word: drizzle} |
      | provider    | openai          |
      | retry_count | 1               |

  Scenario: A call without a prompt, with a schema that is none, or to a provider without a key is refused
    When the operator sends POST /v1/ai/infer with:
      """
      json_schema: {type: object}
      """
    Then the answer is 422 DEFINITION_INVALID
    When the operator sends POST /v1/ai/infer with:
      """
      {prompt: Go., json_schema: {type: strnig}}
      """
    Then the answer is 422 DEFINITION_INVALID
    When the operator sends POST /v1/ai/infer with:
      """
      {prompt: Go., model: "mistral:large", json_schema: {type: object}}
      """
    Then the answer is 502 MISSING_API_KEY

  Scenario: Two versions are run to their ends, and where they differ is said
    Given the definition:
      """
      {id: "{workflow_id}", name: Grown, start_step: grown, steps: [
        {id: grown, type: conditional, config: {when: age >= 18}}]}
      """
    When the operator sends PUT /v1/workflows/{workflow_id} with:
      """
      {id: "{workflow_id}", name: Grown, start_step: grown, steps: [
        {id: grown, type: conditional, config: {when: age >= 21}}]}
      """
    And the operator sends POST /v1/dev/dual-run with:
      """
      {workflow_id: "{workflow_id}", inputs: {age: 30}}
      """
    Then the answer is 200
    And it has:
      | match | true |
      | diffs | []   |
      | normalization.numeric_tolerance | 0.000001 |
    When the operator sends POST /v1/dev/dual-run with:
      """
      {workflow_id: "{workflow_id}", inputs: {age: 19}}
      """
    Then the answer is 200
    And it has:
      | match | false |
    And its diffs mentions "grown"
