"""The part of Go's text templates that users of kube-eventer write for bodies: fields of the event, `if`, comparisons
and `printf`. Whatever is beyond that is told when the template is read, not when an event comes.

Values go through an `escape` of the caller, so that a quote in a message does not end the text that it stands in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Values = Mapping[str, Any]
Expression = Callable[[Values], Any]
Escape = Callable[[str], str]
Node = Callable[[Values, Escape], str]

ANY = object()
"""Among the known fields: a mapping with any keys, as labels are."""

_ACTION = re.compile(r"\{\{(-\s)?\s*(/\*.*?\*/|.*?)\s*?(\s-)?\}\}", re.DOTALL)
_TOKEN = re.compile(r'\s*(?:(\.[\w.]*)|("(?:[^"\\]|\\.)*"|`[^`]*`)|(-?\d+)|(\w+)|([|()]))')
_ARGUMENTS = {"eq": (2, 9), "ne": (2, 2), "not": (1, 1), "and": (1, 9), "or": (1, 9), "len": (1, 1),
              "index": (2, 2), "printf": (1, 9), "print": (1, 9)}  # fmt: skip


class GoTemplateProblem(ValueError):
    """One line that says what cannot be used."""


def is_go(source: str) -> bool:
    """Whether it is written as Go's templates are and not as Jinja's."""
    return bool(re.search(r"\{\{-?\s*(\.|/\*|(if|len|printf|print|index|with|range)\b)", source))


class GoTemplate:
    def __init__(self, source: str, known: Mapping[str, Any]) -> None:
        """`known` are the fields that there are, a mapping for those with fields of their own. GoTemplateProblem."""
        self._known = known
        self._pieces = _pieces(source)
        self._at = 0
        self._nodes, ending = self._block()
        if ending:
            raise GoTemplateProblem(f"has {{{{ {ending} }}}} without an if before it")

    def render(self, values: Values, escape: Escape = str) -> str:
        return "".join([node(values, escape) for node in self._nodes])

    def _block(self) -> tuple[list[Node], str]:
        """Up to the end of the template or an `else` or `end`, which is returned."""
        nodes: list[Node] = []
        while self._at < len(self._pieces):
            is_action, piece = self._pieces[self._at]
            self._at += 1
            word = piece.split(maxsplit=1)[0] if is_action and piece else ""
            if word in ("else", "end"):
                return nodes, piece
            if not is_action:
                nodes.append(_text(piece))
            elif word == "if":
                nodes.append(self._if(piece[2:]))
            elif not piece.startswith("/*"):
                nodes.append(_printed(self._expression(piece, printed=True)))
        return nodes, ""

    def _if(self, condition: str) -> Node:
        test = self._expression(condition)
        then, ending = self._block()
        otherwise: list[Node] = []
        if re.match(r"else\s+if\b", ending):
            otherwise = [self._if(ending.split("if", 1)[1])]
        else:
            if ending == "else":
                otherwise, ending = self._block()
            if ending != "end":
                raise GoTemplateProblem("has an {{ if }} without {{ end }}")
        return lambda values, escape: "".join(
            [node(values, escape) for node in (then if test(values) else otherwise)]
        )

    def _expression(self, source: str, *, printed: bool = False) -> Expression:
        return _Reading(source, self._known).whole(printed)


class _Reading:
    """One expression: commands with `|` between them, each a value or a function with its arguments."""

    def __init__(self, source: str, known: Mapping[str, Any]) -> None:
        self._source = source.strip()
        self._known = known
        self._tokens = _tokens(self._source)

    def whole(self, printed: bool) -> Expression:
        if printed and len(self._tokens) == 1 and self._tokens[0].startswith("."):
            self._field(self._tokens[0], printed=True)
        read = self._pipeline()
        if self._tokens:
            raise self._problem("is not understood")
        return read

    def _pipeline(self) -> Expression:
        read = self._command(None)
        while self._tokens and self._tokens[0] == "|":
            self._tokens.pop(0)
            read = self._command(read)
        return read

    def _command(self, piped: Expression | None) -> Expression:
        if not self._tokens:
            raise self._problem("is empty")
        name = self._tokens[0]
        if not re.fullmatch(r"[A-Za-z_]\w*", name) or name in ("true", "false", "nil"):
            if piped is not None:
                raise self._problem("gives something on to what is no function")
            return self._operand()
        self._tokens.pop(0)
        if name not in _ARGUMENTS:
            raise self._problem(f"uses {name}; known are if, else, end, {', '.join(_ARGUMENTS)}")
        arguments = []
        while self._tokens and self._tokens[0] not in ("|", ")"):
            arguments.append(self._operand())
        arguments += [piped] if piped is not None else []
        least, most = _ARGUMENTS[name]
        if not least <= len(arguments) <= most:
            raise self._problem(f"gives {name} {len(arguments)} values")
        return _call(name, arguments)

    def _operand(self) -> Expression:
        token = self._tokens.pop(0)
        if token == "(":
            read = self._pipeline()
            if not self._tokens or self._tokens.pop(0) != ")":
                raise self._problem("has a ( without )")
            return read
        if token.startswith("."):
            return self._field(token)
        if token[0] in '"`':
            return _constant(_unquoted(token))
        if re.fullmatch(r"-?\d+", token):
            return _constant(int(token))
        if token in ("true", "false", "nil"):
            return _constant({"true": True, "false": False, "nil": None}[token])
        raise self._problem("is not understood")

    def _field(self, token: str, *, printed: bool = False) -> Expression:
        names = [name for name in token.split(".") if name]
        place: Any = self._known
        for name in names:
            if place is ANY:
                break
            if not isinstance(place, Mapping) or name not in place:
                known = ", ".join(f".{one}" for one in place) if isinstance(place, Mapping) else "none"
                raise self._problem(f"asks for {token}, which there is not; known are {known}")
            place = place[name]
        if printed and isinstance(place, Mapping):
            raise self._problem(f"prints all of {token}; name one of its fields")
        return lambda values: _followed(values, names)

    def _problem(self, text: str) -> GoTemplateProblem:
        return GoTemplateProblem(f"{{{{ {' '.join(self._source.split())[:60]} }}}} {text}")


def _pieces(source: str) -> list[tuple[bool, str]]:
    """(whether it is an action, its text); white space is trimmed where `{{-` and `-}}` say so."""
    found: list[tuple[bool, str]] = []
    at, trim = 0, False
    for match in _ACTION.finditer(source):
        before = source[at : match.start()]
        before = before.lstrip() if trim else before
        found += [(False, before.rstrip() if match[1] else before), (True, match[2].strip())]
        at, trim = match.end(), bool(match[3])
    rest = source[at:]
    if "{{" in rest:
        raise GoTemplateProblem("has {{ without }}")
    return [*found, (False, rest.lstrip() if trim else rest)]


def _tokens(source: str) -> list[str]:
    tokens, at = [], 0
    while at < len(source.rstrip()):
        match = _TOKEN.match(source, at)
        if match is None:
            raise GoTemplateProblem(f"{{{{ {' '.join(source.split())[:60]} }}}} is not understood")
        tokens.append(match[0].strip())
        at = match.end()
    return tokens


def _unquoted(token: str) -> str:
    if token[0] == "`":
        return token[1:-1]
    escapes = {"n": "\n", "t": "\t", "r": "\r"}
    return re.sub(r"\\(.)", lambda match: escapes.get(match[1], match[1]), token[1:-1])


def _followed(values: Any, names: Sequence[str]) -> Any:
    for name in names:
        values = values.get(name) if isinstance(values, Mapping) else None
    return values


def _call(name: str, arguments: Sequence[Expression]) -> Expression:
    def called(values: Values) -> Any:
        given = [argument(values) for argument in arguments]
        match name:
            case "eq":
                return any(given[0] == other for other in given[1:])
            case "ne":
                return given[0] != given[1]
            case "not":
                return not given[0]
            case "and":
                return next((one for one in given if not one), given[-1])
            case "or":
                return next((one for one in given if one), given[-1])
            case "len":
                return len(given[0] or "") if isinstance(given[0], str | Mapping | list | None) else 0
            case "index":
                return given[0].get(given[1]) if isinstance(given[0], Mapping) else None
            case "print":
                return "".join(shown(one) for one in given)
        return _formatted(shown(given[0]), given[1:])

    return called


def _formatted(pattern: str, given: list[Any]) -> str:
    """`%s`, `%v`, `%d` and `%q` of printf; the rest stays as it is."""
    rest = iter(given)

    def put(match: re.Match[str]) -> str:
        if match[1] == "%":
            return "%"
        value = shown(next(rest, ""))
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' if match[1] == "q" else value

    return re.sub(r"%([svdq%])", put, pattern)


def shown(value: Any) -> str:
    if value is None:
        return ""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _text(text: str) -> Node:
    return lambda values, escape: text


def _printed(read: Expression) -> Node:
    return lambda values, escape: escape(shown(read(values)))


def _constant(value: Any) -> Expression:
    return lambda values: value
