"""Expressions of definitions: what Python would say, without anything that could act, hang or grow.

There are no loops, no powers, no attributes and no names of one's own, so that the work is bounded by the 256
characters and the size of the context.
"""

from __future__ import annotations

import ast
import functools
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from simpleeval import EvalWithCompoundTypes

from domain.definitions.arithmetic import FUNCTIONS, OPERATORS, ConditionError, bounded, kind
from domain.definitions.near import suggestion
from domain.definitions.paths import merged
from faber.contract.definition_runs import Context

__all__ = ["ConditionError", "evaluate", "names_in", "problems_with"]

LENGTH = 256
DEPTH = 40
CONSTANTS = {"true": True, "false": False, "null": None}
"""As JSON and YAML write them; True, False and None are Python's own."""

_NODES: tuple[type[ast.AST], ...] = (
    ast.Expression,
    ast.BoolOp,
    ast.BinOp,
    ast.UnaryOp,
    ast.Compare,
    ast.IfExp,
    ast.Call,
    ast.Subscript,
    ast.Slice,
    ast.Name,
    ast.Constant,
    ast.List,
    ast.Tuple,
    ast.Dict,
    # How nodes say what they mean, not nodes that are evaluated.
    ast.Load,
    ast.And,
    ast.Or,
)
_REFUSED = {
    ast.Attribute: "attributes are not read: write customer['name'] instead of customer.name",
    ast.Pow: "powers are not computed",
    ast.JoinedStr: "f-strings are not evaluated",
    ast.Lambda: "there are no functions of your own",
    ast.NamedExpr: "names cannot be given",
    ast.Starred: "lists cannot be unpacked",
    ast.ListComp: "there are no loops",
    ast.SetComp: "there are no loops",
    ast.DictComp: "there are no loops",
    ast.GeneratorExp: "there are no loops",
    ast.Set: "sets are no JSON: write a list",
}


def problems_with(expression: str) -> list[str]:
    """All that can be said against an expression before there is a context; empty when it may be evaluated."""
    return [_too_long(expression)] if len(expression) > LENGTH else list(_problems(expression))


@functools.lru_cache(maxsize=1024)
def _problems(expression: str) -> tuple[str, ...]:
    try:
        tree = _parsed(expression)
    except ConditionError as error:
        return (error.message,)
    found: dict[str, None] = {}
    level: list[ast.AST] = [tree]
    for _ in range(DEPTH):
        refused = {node: problem for node in level if (problem := _problem(node))}
        found |= dict.fromkeys(refused.values())
        # What is inside of something refused is not worth a word of its own.
        level = [inner for node in level if node not in refused for inner in ast.iter_child_nodes(node)]
    return (*found, f"the expression is nested more than {DEPTH} deep") if level else tuple(found)


def names_in(expression: str) -> list[str]:
    """The names that a context must have, sorted; an expression with problems has none."""
    if problems_with(expression):
        return []
    nodes = list(ast.walk(_parsed(expression)))
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    names = {node.id for node in nodes if isinstance(node, ast.Name) and id(node) not in called}
    return sorted(names - CONSTANTS.keys())


def evaluate(expression: str, context: Context, extra: Mapping[str, Any] | None = None) -> Any:
    """The expression's value; `extra` hides the context. Errors: ConditionError, also for a missing name."""
    problems = problems_with(expression)
    if problems:
        raise ConditionError(f"{_shown(expression)}: {'; '.join(problems)}")
    names = {**merged(context), **(extra or {}), **CONSTANTS}
    try:
        return bounded(_Evaluation(names).value(_parsed(expression).body))
    except ConditionError as error:
        raise ConditionError(f"{_shown(expression)}: {error.message}") from None
    except RecursionError:
        raise ConditionError(f"{_shown(expression)}: a value is nested too deeply to be compared") from None
    except (TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise ConditionError(f"{_shown(expression)}: {str(error)[:200]}") from None


class _Evaluation(EvalWithCompoundTypes):  # type: ignore[misc]
    """simpleeval, with nothing left of it but the nodes above."""

    nodes: dict[type[ast.AST], Any]

    def __init__(self, names: Mapping[str, Any]) -> None:
        super().__init__(operators=OPERATORS, functions={}, names=names)
        # Its own additions (list, dict, set) are taken out again, its comprehensions and assignments too.
        self.functions = FUNCTIONS
        self.nodes = {node: handle for node, handle in self.nodes.items() if node in _NODES}
        self.nodes[ast.Name] = self._name
        self.nodes[ast.Subscript] = self._subscript
        self.nodes[ast.Constant] = lambda node: node.value
        # JSON knows lists only.
        self.nodes[ast.Tuple] = self.nodes[ast.List]

    def value(self, node: ast.expr) -> Any:
        return self._eval(node)

    def _check_disallowed_items(self, item: Any) -> None:
        """The context is JSON and holds nothing that could be called; to look through all of it at every node
        would cost more than the evaluation."""

    def _name(self, node: ast.Name) -> Any:
        if node.id in self.names:
            return self.names[node.id]
        raise ConditionError(f"there is no name {node.id!r}{suggestion(node.id, _written(self.names))}")

    def _subscript(self, node: ast.Subscript) -> Any:
        container, key = self._eval(node.value), self._eval(node.slice)
        said = _shown(ast.unparse(node.value))
        if isinstance(container, dict):
            if not isinstance(key, str):
                raise ConditionError(f"{said} is a map: its keys are texts, and this is {kind(key)}")
            if key in container:
                return container[key]
            raise ConditionError(f"{said} has no {key[:100]!r}{suggestion(key, container)}")
        if not isinstance(container, str | list):
            raise ConditionError(f"{said} is {kind(container)} and has no items")
        if isinstance(key, int) and not -len(container) <= key < len(container):
            raise ConditionError(f"{said} has {len(container)} items, none at {bounded(key)}")
        return container[key]


def _written(names: Mapping[str, Any]) -> Iterator[str]:
    """The names as an expression can say them: `collect-info_output` would be a subtraction."""
    for name in names:
        if name not in CONSTANTS:
            yield name if name.isidentifier() else f"runtime[{name!r}]"


def _problem(node: ast.AST) -> str | None:
    if isinstance(node, ast.Call):
        return _call_problem(node)
    if isinstance(node, ast.Constant):
        return _constant_problem(node.value)
    if isinstance(node, ast.Compare):
        return _identity_problem(node)
    if isinstance(node, ast.Dict) and not all(_is_text(key) for key in node.keys):
        return "the keys of a map are texts in quotes"
    if isinstance(node, _NODES) or type(node) in OPERATORS:
        return None
    return _REFUSED.get(type(node), f"{type(node).__name__} is not part of the language")


def _call_problem(node: ast.Call) -> str | None:
    if not isinstance(node.func, ast.Name):
        return "only these can be called: " + ", ".join(FUNCTIONS)
    name = node.func.id
    if name not in FUNCTIONS:
        return f"there is no function {name!r}{suggestion(name, FUNCTIONS)}"
    if node.keywords:
        return f"{name}() takes no names"
    wanted = len(node.args) >= 1 if name in ("min", "max") else len(node.args) == 1
    return None if wanted else f"{name}() takes one value, and is given {len(node.args)}"


def _constant_problem(value: Any) -> str | None:
    if value is not None and not isinstance(value, str | int | float | bool):
        return f"{str(value)[:50]!r} is no JSON value"
    try:
        bounded(value)
    except ConditionError as error:
        return error.message
    return None


def _identity_problem(node: ast.Compare) -> str | None:
    pairs = zip(node.ops, node.comparators, strict=True)
    unlike = [right for how, right in pairs if isinstance(how, ast.Is | ast.IsNot) and not _is_single(right)]
    return "`is` only compares with None, True and False: use == for values" if unlike else None


def _is_text(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_single(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, bool))


@functools.lru_cache(maxsize=256)
def _parsed(expression: str) -> ast.Expression:
    if len(expression) > LENGTH:
        raise ConditionError(_too_long(expression))
    if not expression.strip():
        raise ConditionError("the expression is empty")
    try:
        with warnings.catch_warnings():
            # A doubtful escape in a text is warned about at most; whether it is an error would depend on the host.
            warnings.simplefilter("ignore")
            return ast.parse(expression.strip(), mode="eval")
    except SyntaxError as error:
        where = f", at character {error.offset}" if error.offset else ""
        raise ConditionError(f"this is no expression{where}: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError):
        raise ConditionError("this is no expression") from None


def _too_long(expression: str) -> str:
    return f"an expression has at most {LENGTH} characters, this one has {len(expression):,}"


def _shown(expression: str) -> str:
    text = " ".join(expression.encode(errors="replace").decode().split())
    return f"`{text if len(text) <= 100 else text[:97] + '...'}`"
