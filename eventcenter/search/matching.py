"""Does one event match a search? For what sees every change and has no index to ask (`--follow`, rules, sinks).

The store answers the same with SQL (`store/compile.py`); a test compares the two."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from eventcenter.search.cutting import found_in, occurs, phrases
from eventcenter.search.fields import Field
from eventcenter.search.tree import And, Compare, Everything, Exists, Has, Node, Not, Nothing, Or
from eventcenter.search.words import MAX_INDEXED_CHARS, words

if TYPE_CHECKING:
    from eventcenter.model import Event  # msgspec, which a parser of command lines need not load

ANYWHERE = ("message", "name", "reason")
"""Where words without a field are looked for."""

IDENTIFIERS = ("uid", "object_uid")
"""Attributes that a value without wildcards has to equal, to the letter: they are packed in the store."""

_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def matches(tree: Node, event: Event, raw: Mapping[str, Any] | None = None) -> bool:
    """`raw` is the event's object; without it conditions on paths of the raw object find nothing
    (`needs_raw(tree)` says whether there are any)."""
    return _holds(tree, _Seen(event, raw or {}))


class _Seen:
    """An event, with its texts cut into words once."""

    def __init__(self, event: Event, raw: Mapping[str, Any]) -> None:
        self.event = event
        self.raw = raw
        self._words: dict[str, list[str]] = {}

    def words(self, attribute: str) -> list[str]:
        if attribute not in self._words:
            self._words[attribute] = words(indexed(attribute, getattr(self.event, attribute)))
        return self._words[attribute]


def indexed(attribute: str, text: str) -> str:
    """What is searched of a text."""
    return text[:MAX_INDEXED_CHARS] if attribute == "message" else text


def _holds(node: Node, seen: _Seen) -> bool:
    match node:
        case And():
            return all(_holds(part, seen) for part in node.parts)
        case Or():
            return any(_holds(part, seen) for part in node.parts)
        case Not():
            return not _holds(node.part, seen)
        case Has():
            return _has(node, seen)
        case Exists():
            return _exists(node.field, seen)
        case Compare():
            return _compared(node, seen)
        case Everything() | Nothing():
            return isinstance(node, Everything)


def _has(leaf: Has, seen: _Seen) -> bool:
    field = leaf.field
    if field is None:
        return _in_columns(leaf, [seen.words(attribute) for attribute in ANYWHERE])
    if field.kind == "raw":
        return found_in(leaf, _text(value_at(seen.raw, field.path)))
    if field.of_pods and seen.event.kind != "Pod":
        return False
    if is_identifier(leaf):
        return bool(getattr(seen.event, field.attribute) == leaf.text)
    return _in_columns(leaf, [seen.words(field.attribute)])


def is_identifier(leaf: Has) -> bool:
    """Whether the leaf asks for one uid, to be equal."""
    if leaf.field is None or leaf.field.attribute not in IDENTIFIERS:
        return False
    return leaf.how != "word" or not any(sign in leaf.text for sign in "*?")


def _in_columns(leaf: Has, columns: list[list[str]]) -> bool:
    """Each phrase of the leaf in one of the columns, as the index finds them."""
    wanted = phrases(leaf)
    return bool(wanted) and all(any(occurs(phrase, column) for column in columns) for phrase in wanted)


def _exists(field: Field, seen: _Seen) -> bool:
    if field.kind == "raw":
        return value_at(seen.raw, field.path) not in (None, "", [], {})
    if field.of_pods:
        return seen.event.kind == "Pod"
    return bool(getattr(seen.event, field.attribute) != "")


def _compared(leaf: Compare, seen: _Seen) -> bool:
    field = leaf.field
    if field.kind == "raw":
        value = value_at(seen.raw, field.path)
        if type(value) not in (int, float):  # True is a number only to Python
            return False
    else:
        value = getattr(seen.event, field.attribute)
        value = value // 1000 if field.kind == "seconds" else value
    return _COMPARED[leaf.operator](value, leaf.value)


def value_at(raw: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path, None without one. Keys may hold dots themselves (`app.kubernetes.io/name`)."""
    if path in raw:
        return raw[path]
    for at, sign in enumerate(path):
        if sign == "." and isinstance(inner := raw.get(path[:at]), dict):
            found = value_at(inner, path[at + 1 :])
            if found is not None:
                return found
    return None


def _text(value: Any) -> str:
    """Only leaves have words; numbers and booleans are written as in JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""
