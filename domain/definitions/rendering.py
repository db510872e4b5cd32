"""One rendering: Jinja's sandbox without Python's attributes, with a bound on its work and its output."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from jinja2 import Environment, StrictUndefined, Template, TemplateError, Undefined, UndefinedError, nodes
from jinja2.runtime import Context as JinjaContext
from jinja2.runtime import LoopContext
from jinja2.sandbox import SandboxedEnvironment
from jinja2.tests import TESTS as JINJA_TESTS
from jinja2.utils import missing
from jinja2.visitor import NodeTransformer

from domain.definitions.arithmetic import OPERATORS, ConditionError, kind
from domain.definitions.filters import FILTERS, LENGTH, text_of
from domain.definitions.grammar import OPTIONS, SECRET, TESTS, TemplateProblem, parsed
from domain.definitions.near import suggestion

WORK = 2_000_000
"""Values looked at, hundreds of characters made, parts of loops gone through: about a second."""
LOOP_WORDS = ("depth", "first", "index", "index0", "last", "length", "revindex", "revindex0")
_RESULT = "_result_of_the_one_expression"
_WEIGHED, _COUNTED = "_weighed", "_counted"
_BINARY = {"+": ast.Add, "-": ast.Sub, "*": ast.Mult, "/": ast.Div, "//": ast.FloorDiv, "%": ast.Mod}
_UNARY = {"+": ast.UAdd, "-": ast.USub}


class Rendering(SandboxedEnvironment):
    """Renders any number of templates with one set of names, within one budget."""

    intercepted_binops = frozenset(_BINARY)
    intercepted_unops = frozenset(_UNARY)

    def __init__(self, names: Mapping[str, Any], secrets: Callable[[str], str] | None) -> None:
        super().__init__(**OPTIONS, finalize=self._written)
        self.undefined = self._missing  # type: ignore[assignment]
        self.globals = {}
        self.tests = {name: JINJA_TESTS[name] for name in TESTS}
        self.filters = {name: self._charged(function) for name, function in FILTERS.items()}
        self.filters |= {"default": self._default, _WEIGHED: self._weighed, _COUNTED: self._counted}
        self._secrets = _Secrets(secrets)
        self._names = {**names, SECRET: self._secrets}
        self._shown = names
        self._left = WORK

    def text(self, template: str) -> str:
        """Errors: TemplateProblem."""
        with _explained():
            return self._run(parsed(template))

    def value(self, template: str) -> Any:
        """The own value of a template that is one expression, else its text. Errors: TemplateProblem."""
        tree = parsed(template)
        expression = _single(tree)
        with _explained():
            if expression is None:
                return self._run(tree)
            target = nodes.Name(_RESULT, "store", lineno=1)
            assigned = nodes.Template([nodes.Assign(target, expression, lineno=1)], lineno=1)
            values = self._context(assigned)[1].vars
            return self._plain(values[_RESULT])

    def _run(self, tree: nodes.Template) -> str:
        return "".join(self._context(tree)[0])

    def _context(self, tree: nodes.Template) -> tuple[list[str], JinjaContext]:
        """What the template writes, and the names that it leaves behind."""
        tree.set_environment(self)
        code = self.compile(_Bounded().visit(tree))
        template = Template.from_code(self, code, {})
        context = template.new_context(self._names)
        pieces: list[str] = []
        size = 0
        for piece in template.root_render_func(context):
            size += len(piece)
            if size > LENGTH:
                raise ConditionError(f"the text would be longer than {LENGTH:,}")
            pieces.append(piece)
        return pieces, context

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A dot reads a map, never a Python object."""
        if isinstance(obj, LoopContext):
            return getattr(obj, attribute) if attribute in LOOP_WORDS else self._missing(name=attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        for value in (obj, argument):
            _require(value)
        if isinstance(obj, _Secrets):
            return obj.named(argument)
        if isinstance(obj, dict) and isinstance(argument, str):
            if argument in obj:
                return obj[argument]
            return self._missing(
                f"a map has no {self._quoted(repr(argument[:100]))}{suggestion(argument, obj)}"
            )
        if isinstance(obj, list | str) and isinstance(argument, int) and not isinstance(argument, bool):
            if -len(obj) <= argument < len(obj):
                return obj[argument]
            return self._missing(
                f"there are {len(obj)} items, none at {self._quoted(text_of(argument)[:100])}"
            )
        return self._missing(f"{kind(obj)} has no {self._quoted(text_of(argument)[:100])}")

    def _quoted(self, key: str) -> str:
        """What was looked for; where a secret was told before, it may be a part of it that nothing would redact."""
        return "such key" if self._secrets.told else key

    def call_binop(self, context: JinjaContext, operator: str, left: Any, right: Any) -> Any:
        _require(left)
        _require(right)
        return self._weighed(OPERATORS[_BINARY[operator]](left, right))

    def call_unop(self, context: JinjaContext, operator: str, arg: Any) -> Any:
        _require(arg)
        return OPERATORS[_UNARY[operator]](arg)

    def _missing(
        self, hint: str | None = None, obj: Any = missing, name: str | None = None, exc: Any = UndefinedError
    ) -> StrictUndefined:
        return StrictUndefined(hint or f"there is no name {name!r}{suggestion(name or '', self._shown)}")

    def _written(self, value: Any) -> str:
        return text_of(self._weighed(value))

    def _weighed(self, value: Any) -> Any:
        """The value, paid for: all of it is looked at."""
        _require(value)
        waiting = [value]
        while waiting:
            one = waiting.pop()
            self._spend(1 + len(one) // 100 if isinstance(one, str) else 1)
            if isinstance(one, dict):
                waiting += one.values()
            elif isinstance(one, list):
                waiting += one
        return value

    def _counted(self, values: Any, size: int) -> Iterator[Any]:
        _require(values)
        if not isinstance(values, list | dict):
            raise ConditionError(f"a loop needs a list or a map, and this is {kind(values)}")
        return self._each(values, size)

    def _each(self, values: list[Any] | dict[str, Any], size: int) -> Iterator[Any]:
        for value in values:
            self._spend(size)
            yield value

    def _spend(self, work: int) -> None:
        self._left -= work
        if self._left < 0:
            raise ConditionError("this is too much work for a template: smaller loops or values are needed")

    def _charged(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def filtered(*values: Any) -> Any:
            for value in values:
                self._weighed(value)
            return function(*values)

        return filtered

    def _default(self, value: Any, instead: Any = "", falsy: Any = False) -> Any:
        return instead if isinstance(value, Undefined) or (falsy and not value) else value

    def _plain(self, value: Any) -> Any:
        """A native value as JSON has it. Errors: ConditionError for what it does not have."""
        text_of(self._weighed(value))
        return value


class _Secrets:
    """What `secret` stands for; it never comes out itself."""

    def __init__(self, secrets: Callable[[str], str] | None) -> None:
        self._secrets = secrets
        self.told = False

    def named(self, name: Any) -> str:
        if self._secrets is None:
            raise ConditionError("secrets are resolved in api_call steps only")
        self.told = True
        try:
            return self._secrets(name)
        except KeyError:
            raise ConditionError(f"there is no secret {name!r}") from None


class _Bounded(NodeTransformer):
    """Pays for what Jinja would do by itself, the rounds of a loop and the two sides of a comparison, and makes
    lists of tuples, which JSON does not have."""

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Tuple | nodes.List:
        self.generic_visit(node)
        return nodes.List(node.items, lineno=node.lineno) if node.ctx == "load" else node

    def visit_For(self, node: nodes.For) -> nodes.For:
        size = 1 + sum(1 for _ in node.find_all(nodes.Node))
        self.generic_visit(node)
        node.iter = _filtered(node.iter, _COUNTED, nodes.Const(size, lineno=node.lineno))
        return node

    def visit_Compare(self, node: nodes.Compare) -> nodes.Compare:
        self.generic_visit(node)
        node.expr = _filtered(node.expr, _WEIGHED)
        for operand in node.ops:
            operand.expr = _filtered(operand.expr, _WEIGHED)
        return node


def _filtered(node: nodes.Node, name: str, *values: nodes.Expr) -> nodes.Filter:
    made = nodes.Filter(node, name, list(values), [], None, None, lineno=node.lineno)
    made.set_environment(cast("Environment", node.environment))
    return made


def _require(value: Any) -> None:
    """Errors: UndefinedError for what is missing, with what is missing."""
    if isinstance(value, Undefined):
        value._fail_with_undefined_error()


def _single(tree: nodes.Template) -> nodes.Expr | None:
    output = tree.body[0] if len(tree.body) == 1 else None
    if not isinstance(output, nodes.Output) or len(output.nodes) != 1:
        return None
    return None if isinstance(output.nodes[0], nodes.TemplateData) else output.nodes[0]


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except ConditionError as error:
        raise TemplateProblem(error.message) from None
    except RecursionError:
        raise TemplateProblem("a value is nested too deeply") from None
    except UndefinedError as error:
        raise TemplateProblem(str(error.message)) from None
    except (TemplateError, TypeError, ArithmeticError) as error:
        raise TemplateProblem(str(error)[:200]) from None
    except (ValueError, LookupError) as error:
        # Python would quote the value, and the value may be a secret.
        raise TemplateProblem(f"a value cannot be used as it is here: {type(error).__name__}") from None
