"""Which templates are templates here: Jinja's texts, loops and conditions, none of its ways to call or to define."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jinja2 import Environment, TemplateSyntaxError, nodes

from domain.definitions.arithmetic import ConditionError, bounded
from domain.definitions.filters import FILTERS
from domain.definitions.near import suggestion
from faber.errors import FaberError

LENGTH = 100_000
DEPTH = 50
LOOPS = 10
"""Python itself takes 20."""
ALTERNATIVES = 500
"""To Python each `elif` is inside of the one before; from a thousand or so on it compiles them no more."""
TESTS = ("boolean", "defined", "mapping", "none", "number", "string", "undefined")
SECRET = "secret"
OPTIONS: dict[str, Any] = {
    "keep_trailing_newline": True,
    "trim_blocks": True,
    "lstrip_blocks": True,
    "optimized": False,
}
"""A line that is only `{% ... %}` leaves nothing behind, and the last line end stays."""

_NODES: tuple[type[nodes.Node], ...] = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.If,
    nodes.For,
    nodes.Name,
    nodes.Const,
    nodes.List,
    nodes.Tuple,
    nodes.Dict,
    nodes.Pair,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Slice,
    nodes.Filter,
    nodes.Test,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.CondExpr,
    nodes.Add,
    nodes.Sub,
    nodes.Mul,
    nodes.Div,
    nodes.FloorDiv,
    nodes.Mod,
    nodes.Neg,
    nodes.Pos,
)
_REFUSED: dict[type[nodes.Node], str] = {
    nodes.Call: "nothing can be called: filters such as {{ name|upper }} take the place of methods",
    nodes.Pow: "powers are not computed",
    nodes.Concat: "write texts beside each other instead of joining them by ~",
    nodes.Assign: "names cannot be given by `set`",
    nodes.Keyword: "a filter's values have no names",
}


class TemplateProblem(FaberError):
    """A template that is none, or that cannot be rendered in this context; the message says what is missing."""

    code = "TEMPLATE"


def parsed(template: str) -> nodes.Template:
    """Errors: TemplateProblem with all that is wrong."""
    if len(template) > LENGTH:
        raise TemplateProblem(f"a template has at most {LENGTH:,} characters, this one has {len(template):,}")
    try:
        tree = Environment(**OPTIONS).parse(template)
        problems = list(dict.fromkeys(_problems(tree)))
    except TemplateSyntaxError as error:
        raise TemplateProblem(f"line {error.lineno}: {error.message}") from None
    except (RecursionError, ValueError, MemoryError):
        raise TemplateProblem("the template is nested too deeply, or has a number that is too long") from None
    if problems:
        raise TemplateProblem("; ".join(problems))
    return tree


def free_names(node: nodes.Node, bound: frozenset[str] = frozenset()) -> Iterator[str]:
    """The names that come from outside. Jinja's own look at them computes what it can on the way."""
    if isinstance(node, nodes.Name):
        if node.name not in bound:
            yield node.name
    elif isinstance(node, nodes.For):
        target = [node.target] if isinstance(node.target, nodes.Name) else node.target.find_all(nodes.Name)
        inner = bound | {name.name for name in target}
        yield from free_names(node.iter, bound)
        for part in node.else_:
            yield from free_names(part, bound)
        # Which items there are is asked before there is a `loop`.
        yield from free_names(node.test, inner) if node.test else ()
        for part in node.body:
            yield from free_names(part, inner | {"loop"})
    else:
        for child in node.iter_child_nodes():
            yield from free_names(child, bound)


def _loops(node: nodes.Node) -> int:
    """How deep loops are in loops."""
    return isinstance(node, nodes.For) + max(map(_loops, node.iter_child_nodes()), default=0)


def _alternatives(node: nodes.Node) -> int:
    """How many `elif` there may be before what is furthest inside."""
    own = len(node.elif_) if isinstance(node, nodes.If) else 0
    return own + max(map(_alternatives, node.iter_child_nodes()), default=0)


def _problems(tree: nodes.Template) -> Iterator[str]:
    level: list[nodes.Node] = [tree]
    for _ in range(DEPTH):
        below: list[nodes.Node] = []
        for node in level:
            problem = _problem(node)
            if problem:
                yield f"line {node.lineno}: {problem}"
            elif not _is_secret(node):
                below += node.iter_child_nodes()
        level = below
    if level:
        yield f"the template is nested more than {DEPTH} deep"
    elif _loops(tree) > LOOPS:
        yield f"loops are nested more than {LOOPS} deep"
    elif _alternatives(tree) > ALTERNATIVES:
        yield f"there are more than {ALTERNATIVES} `elif` behind one another"


def _problem(node: nodes.Node) -> str | None:
    if not isinstance(node, _NODES):
        word = type(node).__name__.lower()
        return _REFUSED.get(type(node), f"`{word}` is not part of templates here")
    if isinstance(node, nodes.Filter):
        return _filter_problem(node)
    if isinstance(node, nodes.Const) and isinstance(node.value, int | float):
        return _number_problem(node.value)
    if isinstance(node, nodes.Pair) and not (
        isinstance(node.key, nodes.Const) and isinstance(node.key.value, str)
    ):
        return "the keys of a map are texts in quotes"
    if isinstance(node, nodes.Test) and node.name not in TESTS:
        return f"there is no test {node.name[:100]!r}{suggestion(node.name, TESTS)}"
    if isinstance(node, nodes.For) and node.recursive:
        return "loops do not call themselves"
    if isinstance(node, nodes.Name) and node.name == SECRET:
        return "a secret is named: write secret.NAME"
    if isinstance(node, nodes.Name) and node.name == "self":
        return "`self` is a word of Jinja's own: take another name"
    return None


def _number_problem(value: float) -> str | None:
    try:
        bounded(value)
    except ConditionError as error:
        return error.message
    return None


def _filter_problem(node: nodes.Filter) -> str | None:
    if node.node is None or node.kwargs or node.dyn_args or node.dyn_kwargs:
        return f"{node.name[:100]} takes its values in their order, without names"
    if node.name not in FILTERS and node.name != "default":
        return f"there is no filter {node.name[:100]!r}{suggestion(node.name, [*FILTERS, 'default'])}"
    return None


def _is_secret(node: nodes.Node) -> bool:
    return secret_name(node) is not None


def secret_name(node: nodes.Node) -> str | None:
    """The NAME of `secret.NAME` or `secret["NAME"]`; a name that is computed would let an answer choose it."""
    if not isinstance(node, nodes.Getattr | nodes.Getitem):
        return None
    if not isinstance(node.node, nodes.Name) or node.node.name != SECRET:
        return None
    if isinstance(node, nodes.Getattr):
        return node.attr
    return node.arg.value if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str) else None
