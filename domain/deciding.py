"""What decides how a check judges: the program that it runs, and files whose change a person must hear of."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

_PYTHON = re.compile(r"python[0-9.]*")
_INTERPRETER = re.compile(r"sh|bash|dash|zsh|ksh|python[0-9.]*|node|deno|bun|ruby|perl|php|lua")
# They run what their own arguments name.
_WRAPPER = re.compile(
    r"env|timeout|nice|ionice|nohup|time|stdbuf|setsid|xvfb-run|uv|uvx|poetry|pipenv|pdm|hatch|rye|bundle|npx"
    r"|run|exec|[A-Za-z_][A-Za-z0-9_]*=.*|[0-9.]+[smhd]?"
)
_INLINE = re.compile(r"-[A-Za-z]*c|--eval|--print")
_INLINE_ELSEWHERE = re.compile(r"-[A-Za-z]*[ce]|--eval|--print|-p")
_MODULE = re.compile(r"-(?![WX])[A-Za-z]*m")

_TEST = re.compile(
    r"(^|/)(tests?|__tests__|specs?|__snapshots__|testdata|fixtures)/"
    r"|(^|/)test_[^/]*$|[._-](tests?|specs?)\.[^/]*$|(^|/)conftest\.py$"
)
_DECIDING = re.compile(
    r"(^|/)(GNUmakefile|[Mm]akefile|[^/]*\.mk|CMakeLists\.txt|meson\.build|[Jj]ustfile|Taskfile\.ya?ml|Rakefile|Gemfile"
    r"|Cargo\.toml|build\.rs|go\.mod|go\.work|pom\.xml|build\.gradle(\.kts)?|composer\.json|phpunit\.xml[^/]*|deno\.jsonc?"
    r"|package\.json|\.npmrc|\.yarnrc[^/]*|\.mocharc[^/]*|tsconfig[^/]*\.json|\.babelrc[^/]*|\.eslintrc[^/]*"
    r"|(jest|vitest|vite|playwright|cypress|karma|babel|eslint|ava)\.(config|conf)\.[^/]*"
    r"|pyproject\.toml|setup\.(py|cfg)|tox\.(ini|toml)|\.?pytest\.(ini|toml)|noxfile\.py|conftest\.py|\.coveragerc|\.?ruff\.toml"
    r"|\.?mypy\.ini|\.flake8|\.?pylintrc(\.toml)?|\.pre-commit-config\.yaml|\.rspec|\.env(rc)?|\.envrc|\.gitattributes"
    r"|sitecustomize\.py|usercustomize\.py|[^/]*\.(pth|pyc|pyd|so|egg-link))$"
    r"|(^|/)(node_modules|site-packages|\.venv|venv|\.cargo|__pycache__|[^/]+\.egg-info)/"
    r"|^\.(fractary|ci|github|gitlab|circleci|husky|mvn)/"
)
_SHADOWED = sys.stdlib_module_names | {
    "pytest",
    "_pytest",
    "pluggy",
    "iniconfig",
    "packaging",
    "coverage",
    "xdist",
}


@dataclass(frozen=True)
class Program:
    """The repository's own part of a command. `files`: of these the first that the base commit has is its program;
    `exact`: a module, the packages around it, an interpreter: what the base has not must not be there either."""

    files: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()


def program_of(argv: Sequence[str]) -> Program:
    """`./check.sh`, `sh -e check.sh`, `env A=b python -B check.py`, `python -m checks.all`."""
    for place, word in enumerate(argv):
        if _INTERPRETER.fullmatch(PurePosixPath(word).name):
            found = _interpreted(PurePosixPath(word).name, argv[place + 1 :])
            return Program(found.files, (*(_own(word) if "/" in word else ()), *found.exact))
        if "/" in word and not word.startswith("-"):
            return Program(_own(word))
        if not word.startswith("-") and not _WRAPPER.fullmatch(word):
            break
    return Program()


def _interpreted(interpreter: str, words: Sequence[str]) -> Program:
    is_python = _PYTHON.fullmatch(interpreter) is not None
    shell = interpreter.endswith("sh")
    files: list[str] = []
    for place, word in enumerate(words):
        if is_python and _MODULE.fullmatch(word):
            return Program(exact=_module_files(words[place + 1]) if place + 1 < len(words) else ())
        if (_INLINE if is_python or shell else _INLINE_ELSEWHERE).fullmatch(word):
            return Program()
        # An option's value looks like a program, so the base commit decides which of them is one.
        files += [] if word.startswith("-") else _own(word)
    return Program(tuple(files))


def _own(word: str) -> tuple[str, ...]:
    path = PurePosixPath(word)
    inside = not path.is_absolute() and ".." not in path.parts and path.parts and "\0" not in word
    return (str(path),) if inside else ()


def _module_files(name: str) -> tuple[str, ...]:
    parts = name.split(".")
    if not all(part.isidentifier() for part in parts):
        return ()
    packages = ["/".join([*parts[:depth], "__init__.py"]) for depth in range(1, len(parts) + 1)]
    return (*packages, "/".join(parts) + ".py", "/".join([*parts, "__main__.py"]))


def deciding_files(changes: Iterable[tuple[str, str]], commands: Iterable[Sequence[str]]) -> list[str]:
    """Of (status letter, path) those that could make a check pass without the work being right: changed or
    removed tests, what configures them, what stands in the way of a module that they import, and files that
    a command names."""
    named = {path for argv in commands for word in argv for path in _own(word)}
    return [
        path
        for status, path in changes
        if path in named
        or _DECIDING.search(path)
        or (status == "A" and _shadows(path))
        or (status != "A" and _TEST.search(path))
    ]


def is_test(path: str) -> bool:
    return _TEST.search(path) is not None


def _shadows(path: str) -> bool:
    """A new module that an import of the standard library, or of the test runner, would find first."""
    first, _, rest = path.partition("/")
    return path.endswith(".py") and (first if rest else first.removesuffix(".py")) in _SHADOWED
