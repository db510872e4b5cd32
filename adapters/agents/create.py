"""From a phase's configuration to the coding agent that does it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from adapters.agents import CodingAgent
from adapters.agents.claude_code import ClaudeCode
from adapters.agents.codex import Codex
from adapters.agents.command_line import CommandLineAgent
from adapters.agents.plain import Plain
from adapters.agents.preset import Preset
from adapters.processes import Processes
from faber.contract.config import AgentConfig
from faber.errors import ConfigurationError


def create_agent(
    config: AgentConfig, processes: Processes, data_dir: Path, environment: Mapping[str, str]
) -> CodingAgent:
    """`environment` is the worker's own, of which the agent gets only what its preset and `config.env` name.

    Errors: ConfigurationError for `builtin`, which is no command."""
    return CommandLineAgent(_preset(config), processes, data_dir, environment, config.env)


def _preset(config: AgentConfig) -> Preset:
    match config.preset:
        case "claude-code":
            return ClaudeCode()
        case "codex":
            return Codex()
        case "command":
            return Plain(config)
        case "builtin":
            raise ConfigurationError(
                "the built-in agent is not a command: its turns are model calls of the phase"
            )
