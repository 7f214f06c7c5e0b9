"""Templates of messages, also those that people write: Jinja in a sandbox in which a template can do nothing but make a
text out of what it is given, in bounded time and memory.

Jinja's own sandbox keeps templates away from Python's insides, and does not keep them from running for hours. So only
what texts need is left: no functions, no macros, few loops of at most 100 rounds, no text beyond a limit."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from itertools import islice
from typing import Any

from jinja2 import TemplateError, TemplateSyntaxError, Undefined, meta, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_TEMPLATE = 10_000
MAX_TEXT = 20_000
"""Characters of what a template makes, and of every text on the way there."""
MAX_ROUNDS = 100
MAX_DEPTH = 2
MAX_LOOPS = 20

_FORBIDDEN: dict[type[nodes.Node], str] = {
    nodes.Macro: "macro",
    nodes.CallBlock: "call",
    nodes.FilterBlock: "filter blocks",
    nodes.AssignBlock: "set blocks",
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "import",
    nodes.Extends: "extends",
    nodes.Block: "block",
    nodes.NSRef: "namespace",
    nodes.Pow: "**",
}
_NUMBERS_ONLY = frozenset({"*", "-", "/", "//", "%"})
_METHODS: dict[type, frozenset[str]] = {
    str: frozenset({"split", "startswith", "endswith", "strip", "lower", "upper"}),
    dict: frozenset({"items", "keys", "values", "get"}),
    LoopContext: frozenset({"index", "index0", "first", "last", "length", "revindex", "revindex0"}),
}


class TemplateProblem(ValueError):
    """A template that cannot be used; one line that says why."""


class Template:
    """Compiled; of any thread."""

    def __init__(self, source: str, known: Iterable[str], *, markdown: bool = False) -> None:
        """With `markdown`, what it prints shows as it is; only its own text and its filter `code` are Markdown.
        TemplateProblem when it cannot be used with variables of these names alone."""
        environment = _MARKDOWN if markdown else _PLAIN
        if len(source) > MAX_TEMPLATE:
            raise TemplateProblem(f"is longer than {MAX_TEMPLATE} characters")
        try:
            tree = environment.parse(source)
            _check(tree, frozenset(known))
            _bound(tree)
            compiled = environment.compile(tree)
            self._template = environment.template_class.from_code(environment, compiled, {})
        except TemplateSyntaxError as error:
            raise TemplateProblem(
                f"is no template, line {error.lineno}: {_one_line(error.message)}"
            ) from None
        except (RecursionError, MemoryError, SyntaxError):
            raise TemplateProblem("is nested too deeply") from None
        except (ArithmeticError, AssertionError, AttributeError, TypeError, LookupError) as error:
            # What Jinja's parser and compiler raise for some texts that are no templates.
            raise TemplateProblem(f"is no template: {_one_line(str(error))}") from None

    def render(self, values: Mapping[str, Any]) -> str:
        """TemplateProblem when it fails with these values, or makes too much."""
        made: list[str] = []
        length = 0
        try:
            for piece in self._template.generate(values):
                length += len(piece)
                if length > MAX_TEXT:
                    raise TemplateProblem(f"makes a text of more than {MAX_TEXT} characters")
                made.append(piece)
        except TemplateProblem:
            raise
        except SecurityError as error:
            raise TemplateProblem(f"does what templates may not: {_one_line(error.message)}") from None
        except TemplateError as error:
            raise TemplateProblem(f"fails: {_one_line(error.message)}") from None
        except Exception as error:
            raise TemplateProblem(f"fails: {_one_line(str(error)) or type(error).__name__}") from None
        return "".join(made)


def _check(tree: nodes.Template, known: frozenset[str]) -> None:
    for kind, word in _FORBIDDEN.items():
        if tree.find(kind) is not None:
            raise TemplateProblem(f"uses {word}, which templates of messages may not")
    if unknown := sorted(meta.find_undeclared_variables(tree) - known):
        raise TemplateProblem(
            f"uses {unknown[0][:60]!r}, which is not known; known are {', '.join(sorted(known))}"
        )
    for made in tree.find_all((nodes.List, nodes.Tuple, nodes.Dict)):
        _check_constant(made)
    if len(list(tree.find_all(nodes.For))) > MAX_LOOPS:
        raise TemplateProblem(f"has more than {MAX_LOOPS} loops")
    _check_loops(tree, 0)


def _check_constant(made: nodes.Node) -> None:
    """Lists that hold lists that hold lists double with every line, and are printed in full."""
    parts = list(made.iter_child_nodes())
    parts = [
        child
        for part in parts
        for child in (part.iter_child_nodes() if isinstance(part, nodes.Pair) else [part])
    ]
    if getattr(made, "ctx", "load") == "load" and not all(isinstance(part, nodes.Const) for part in parts):
        raise TemplateProblem("makes a list of something else than plain values, which templates may not")


def _check_loops(node: nodes.Node, depth: int) -> None:
    for child in node.iter_child_nodes():
        inner = depth
        if isinstance(child, nodes.For):
            inner += 1
            if child.recursive or inner > MAX_DEPTH:
                raise TemplateProblem(f"has loops inside loops, more than {MAX_DEPTH} deep")
        _check_loops(child, inner)


def _bound(tree: nodes.Template) -> None:
    """Bounds for what the compiled code would do by itself: rounds of loops, and the length of `~`."""
    for loop in list(tree.find_all(nodes.For)):
        loop.iter = _filtered(loop.iter, "_rounds")
    _bound_concats(tree)


def _bound_concats(node: nodes.Node) -> None:
    for name, value in list(node.iter_fields()):
        if isinstance(value, list):
            setattr(node, name, [_with_bound_concat(one) for one in value])
        else:
            setattr(node, name, _with_bound_concat(value))


def _with_bound_concat(value: Any) -> Any:
    if isinstance(value, nodes.Node):
        _bound_concats(value)
    if isinstance(value, nodes.Concat):
        return _filtered(nodes.List(value.nodes, lineno=value.lineno), "_concat")
    return value


def _filtered(node: Any, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def _bounded(value: Any) -> Any:
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise TemplateProblem(f"makes a text of more than {MAX_TEXT} characters")
    return value


def _printed(value: Any) -> Any:
    """A plain value; lists and the like would show as Python writes them."""
    if isinstance(value, Undefined):
        if value._undefined_exception is SecurityError:
            value._fail_with_undefined_error()
        return ""
    if value is None:
        return ""
    if not isinstance(value, str | int | float):
        raise TemplateProblem("prints a list; go through it with `for`, or use `join` or `tojson`")
    return value


class _Sandbox(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"+", *_NUMBERS_ONLY})

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return any(isinstance(obj, kind) and attr in methods for kind, methods in _METHODS.items())

    def wrap_str_format(self, value: Any) -> None:
        """`format` can ask for a billion places: it is no safe attribute."""

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        numbers = all(isinstance(value, int | float) for value in (left, right))
        if operator in _NUMBERS_ONLY or not all(isinstance(value, str) for value in (left, right)):
            if not numbers:
                raise TemplateProblem(f"uses {operator} with something that is no number")
            if max(abs(left), abs(right)) > 1e15:
                raise TemplateProblem("computes with too large numbers")
        return _bounded(super().call_binop(context, operator, left, right))


def _join(value: Iterable[Any], separator: str = "") -> str:
    parts = [str(_printed(one)) for one in islice(value, MAX_TEXT)]
    if sum(map(len, parts)) + len(str(separator)) * len(parts) > 2 * MAX_TEXT:
        raise TemplateProblem(f"makes a text of more than {MAX_TEXT} characters")
    return str(separator).join(parts)


def _truncate(value: Any, length: int = 255, end: str = "…") -> str:
    text = str(_printed(value))
    return text if len(text) <= length else text[: max(length - len(end), 0)] + end


def _default(value: Any, other: Any = "") -> Any:
    """Where there is nothing, an empty text or an unknown name."""
    return other if value is None or value == "" or isinstance(value, Undefined) else value


def _rounds(value: Any) -> list[Any]:
    return list(islice(value, MAX_ROUNDS))


def code(value: Any) -> str:
    """As code in Markdown: nothing in it is a link, a mention or a heading."""
    text = str(_printed(value)).replace("`", "'")
    return _Code(f"`{text}`") if text else ""


class _Code(str):
    """Markdown that was made of a text; anything that is done to it makes a text of it again."""


def _literally(value: Any) -> Any:
    """As Markdown that shows the value: events are everybody's to write, and a link of theirs is not one of ours."""
    if isinstance(value, _Code):
        return value
    return re.sub(r"[\\`*_\[\]<>&!#~|]", r"\\\g<0>", str(_printed(value)))


_FILTERS: dict[str, Callable[..., Any]] = {
    "code": code,
    "count": len,
    "default": _default,
    "first": lambda value: next(iter(value), ""),
    "int": lambda value: int(float(value)),
    "join": _join,
    "last": lambda value: value[-1] if value else "",
    "length": len,
    "lower": lambda value: str(_printed(value)).lower(),
    "replace": lambda value, old, new: str(_printed(value)).replace(str(old), str(new), 100),
    "string": lambda value: str(_printed(value)),
    "tojson": lambda value: json.dumps(value, ensure_ascii=False),
    "trim": lambda value: str(_printed(value)).strip(),
    "truncate": _truncate,
    "upper": lambda value: str(_printed(value)).upper(),
    "_concat": lambda value: _join(value),
    "_rounds": _rounds,
}
FILTERS = tuple(sorted(name for name in _FILTERS if not name.startswith("_")))


def _with_bound(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def bounded(*arguments: Any, **named: Any) -> Any:
        return _bounded(function(*arguments, **named))

    return bounded


def _environment(finalize: Callable[[Any], Any]) -> _Sandbox:
    # Not optimized: the optimizer would compute constants at a time when nothing is bounded.
    environment = _Sandbox(
        autoescape=False, trim_blocks=True, lstrip_blocks=True, optimized=False, finalize=finalize
    )
    environment.globals.clear()
    environment.filters.clear()
    environment.filters.update({name: _with_bound(function) for name, function in _FILTERS.items()})
    return environment


_PLAIN = _environment(_printed)
_MARKDOWN = _environment(_literally)


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())[:200]
