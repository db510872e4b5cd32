"""Running commands: which are allowed, and what the model is told of how they ended."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from adapters.models import ToolCall
from faber.errors import ConfigurationError
from tests.adapters.tools.conftest import PYTHON, Make, Use
from tests.waiting import eventually


async def python(use: Use, code: str) -> tuple[bool, str]:
    result = await use("run_command", argv=[PYTHON, "-c", code])
    return result.is_error, result.text


async def test_a_command_runs_in_the_root_and_shows_both_streams(use: Use, root: Path) -> None:
    code = "import os, sys; print(os.getcwd()); print('careful', file=sys.stderr)"
    assert await python(use, code) == (False, f"[exit code 0]\nstdout:\n{root}\n\nstderr:\ncareful\n")


async def test_a_failed_command_is_an_error_that_shows_its_exit_code(use: Use) -> None:
    assert await python(use, "raise SystemExit(3)") == (True, "[exit code 3]")


@pytest.mark.parametrize(
    "argv",
    [
        ["rm", "-rf", "."],
        ["npm", "publish"],
        ["npm"],
        ["/bin/sh", "-c", "ls"],
        [f"./{PYTHON}"],
        [""],
        [f"{PYTHON} -c"],
    ],
)
async def test_a_command_that_is_not_allowed_names_those_that_are(use: Use, argv: list[str]) -> None:
    result = await use("run_command", argv=argv)
    assert result.is_error
    assert (
        f"is not allowed: the first word must be one of {PYTHON}, npm test. There is no shell" in result.text
    )


async def test_a_command_of_several_words_allows_what_begins_with_them(use: Use) -> None:
    result = await use("run_command", argv=["npm", "test", "--silent"])
    assert "is not allowed" not in result.text


def test_an_allowed_command_that_is_not_words_is_named_by_its_setting(make: Make) -> None:
    with pytest.raises(ConfigurationError, match=r"workflow\.commands has .npm 'test"):
        make("npm 'test")


async def test_words_are_never_given_to_a_shell(use: Use, root: Path) -> None:
    words = ["$(touch pwned)", "`touch pwned`", "; touch pwned", "*", "> pwned", "a\nb"]
    result = await use("run_command", argv=[PYTHON, "-c", "import sys; print(sys.argv[1:])", *words])
    assert str(words) in result.text
    assert not (root / "pwned").exists()


@pytest.mark.parametrize("word", ["\0", "\ud800", "x" * 20_001])
async def test_a_word_that_no_program_can_take_is_refused(use: Use, word: str) -> None:
    assert (await use("run_command", argv=[PYTHON, "-c", "pass", word])).is_error


async def test_arguments_that_are_too_long_together_are_refused(use: Use) -> None:
    result = await use("run_command", argv=[PYTHON, *["x" * 10_000] * 4])
    assert "put them into a file" in result.text


async def test_a_program_that_is_not_installed_is_said_so(make: Make) -> None:
    call = ToolCall(id="1", name="run_command", arguments={"argv": ["no-such-program"]})
    result = await make("no-such-program").use(call, writing=True)
    assert result.is_error
    assert "`no-such-program` is not on PATH" in result.text


async def test_a_command_sees_the_environment_it_was_given_and_no_other(make: Make) -> None:
    code = "import os; print(os.environ.get('GIVEN'), os.environ.get('HOME'))"
    call = ToolCall(id="1", name="run_command", arguments={"argv": [PYTHON, "-c", code]})
    result = await make(PYTHON, environment={"GIVEN": "yes"}).use(call, writing=True)
    assert "yes None" in result.text


async def test_output_is_valid_text_whatever_the_program_prints(use: Use) -> None:
    _, text = await python(use, r"import sys; sys.stdout.buffer.write(b'\xff\x1b[31mred\x00')")
    assert text == "[exit code 0]\nstdout:\n\ufffd\x1b[31mred\x00"


async def test_long_output_is_cut_in_its_middle_and_the_verdict_stays(use: Use) -> None:
    is_error, text = await python(use, "print('first' + 'x' * 300_000 + 'last'); raise SystemExit(1)")
    assert is_error
    assert text.startswith("[exit code 1]\nstdout:\nfirstx")
    assert text.endswith("last\n")
    assert "characters left out" in text
    assert len(text) < 65_000


async def test_output_beyond_a_megabyte_is_noted(use: Use) -> None:
    _, text = await python(use, "print('x' * 3_000_000)")
    assert "[output beyond 1,000,000 bytes was cut out of its middle]" in text


async def test_what_a_command_leaves_running_is_ended_and_noted(use: Use) -> None:
    code = f"import subprocess; subprocess.Popen(['{PYTHON}', '-c', 'import time; time.sleep(600)'])"
    _, text = await python(use, code)
    assert "[1 processes that it left running were ended]" in text


async def test_cancelling_ends_the_command_and_is_not_answered(use: Use, root: Path) -> None:
    code = "import pathlib, time; pathlib.Path('started').touch(); time.sleep(600)"
    task = asyncio.create_task(python(use, code))
    await eventually((root / "started").exists, "the command started")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(10):
            await task
