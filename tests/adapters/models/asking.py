"""What the tests of models ask, and the script that answers them."""

from __future__ import annotations

from typing import Any

from adapters.models import Message, ModelRequest, ToolSpec

MODELS = [
    "openai:gpt-4o",
    "anthropic:claude-sonnet-4-5",
    "google:gemini-2.5-flash",
    "xai:grok-3",
    "deepseek:deepseek-chat",
    "mistral:mistral-large-latest",
]
OPENAI_FAMILY = [model for model in MODELS if not model.startswith("anthropic:")]

WRITE = ToolSpec(
    name="write_file",
    description="Writes a file.",
    parameters={"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
)
VERDICT = {
    "type": "object",
    "properties": {"verdict": {"type": "string"}},
    "required": ["verdict"],
    "additionalProperties": False,
}
CALL = {"name": "write_file", "arguments": {"path": "ä.txt"}}
SCRIPT: dict[str, Any] = {
    "model": "prepared",
    "phases": {
        "frame": [[{"text": "It is a bug.", "usage": {"input_tokens": 1000, "output_tokens": 10}}]],
        "build": [
            [
                {
                    "text": "I write it.",
                    "tool_calls": [{"name": "write_file", "arguments": {"path": "ä.txt"}}],
                },
                {"text": "Done."},
            ],
            [{"text": "The second round."}],
        ],
        "evaluate": [[{"structured": {"verdict": "GO"}}]],
    },
}


def ask(model: str, phase: str = "frame", round_: int = 1, **more: Any) -> ModelRequest:
    more.setdefault("messages", [Message(role="user", text="Go on.")])
    more.setdefault("max_output_tokens", 2048)
    system = f"You work.\nPhase: {phase}, round {round_}\n"
    return ModelRequest(model=model, system=system, phase=phase, round=round_, **more)
