"""The command line on a terminal: it shows the thing, asks, and takes the answer."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import sys
from pathlib import Path

import pytest

from tests.client.conftest import CommandLine
from tests.waiting import eventually


class Terminal:
    """A process whose three streams are one pseudo-terminal; `screen` is everything that it wrote."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = {**environment, "TERM": "xterm", "COLUMNS": "100"}
        self.screen = ""

    async def start(self, *argv: str) -> None:
        self.master, slave = pty.openpty()
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "faber.api", *argv),
            cwd=self.folder,
            env=self.environment,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        asyncio.get_running_loop().add_reader(self.master, self._read)

    def _read(self) -> bool:
        """Whether there may be more: Linux says with an error that the other end is closed."""
        try:
            self.screen += os.read(self.master, 65536).decode(errors="replace")
        except OSError:
            asyncio.get_running_loop().remove_reader(self.master)
            return False
        return True

    async def sees(self, text: str) -> None:
        await eventually(lambda: text in self.screen, f"the screen shows {text!r}")

    async def answers(self, question: str, line: str) -> None:
        await self.sees(question)
        self.screen = self.screen.replace(question, "", 1)
        os.write(self.master, f"{line}\n".encode())

    async def ends(self) -> int:
        code = await self.process.wait()
        # A terminal gives a few kilobytes at a time.
        while self._read():
            pass
        os.close(self.master)
        return code


@pytest.fixture
def terminal(repository: Path, environment: dict[str, str]) -> Terminal:
    return Terminal(repository, environment)


async def test_yes_approves_and_the_run_goes_on_to_its_document(terminal: Terminal) -> None:
    await terminal.start("run", "approve-70")
    await terminal.answers("[y]es, [n]o, [r]evise, [l]ater: ", "maybe")
    await terminal.answers("[y]es, [n]o, [r]evise, [l]ater: ", "yes")
    await terminal.sees('"status": "completed"')
    assert await terminal.ends() == 0
    assert "Phase approval required: architect" in terminal.screen
    assert "request architect-1-0badcafe" in terminal.screen


async def test_no_asks_why_and_a_failed_run_exits_1_on_a_terminal(terminal: Terminal) -> None:
    await terminal.start("run", "approve-71")
    await terminal.answers("[y]es, [n]o, [r]evise, [l]ater: ", "no")
    await terminal.answers("why: ", "too vague")
    assert await terminal.ends() == 1
    assert "rejected by the-caller: too vague" in terminal.screen


async def test_later_leaves_the_run_waiting(terminal: Terminal, faber_cli: CommandLine) -> None:
    await terminal.start("run", "budget-70")
    await terminal.answers("[y]es, [n]o, [l]ater: ", "later")
    assert await terminal.ends() == 5
    assert (await faber_cli("status", "budget-70")).document["status"] == "waiting"


async def test_the_live_view_has_phases_spend_and_time(terminal: Terminal) -> None:
    await terminal.start("run", "parked-70")
    await terminal.sees("$1.25 of $10.00")
    for shown in ("\N{CHECK MARK} frame", "architect", "0:0"):
        await terminal.sees(shown)
    # The character itself would say nothing to a process whose terminal it is not, and flush what that prints.
    terminal.process.send_signal(signal.SIGINT)
    assert await terminal.ends() == 130
    assert "the run goes on" in terminal.screen


async def test_a_list_is_a_table_whose_run_ids_are_whole(terminal: Terminal, faber_cli: CommandLine) -> None:
    run_id = (await faber_cli("run", "plain-70")).document["workflow_id"]
    await terminal.start("workflow", "list")
    await terminal.sees(run_id)
    assert await terminal.ends() == 0
    assert "started" in terminal.screen
