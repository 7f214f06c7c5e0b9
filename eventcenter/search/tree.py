"""A parsed search. Printed (`str`), it shows people how their search was understood, and parses to the same tree.

Made with `conjunction`, `disjunction` and `negation`, which keep it flat and free of parts that say nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from eventcenter.search.fields import Field

How = Literal["word", "phrase", "words"]
"""`word`: as typed, with wildcards. `phrase`: in quotes, its words follow each other. `words`: in quotes after a
field, the words between blanks occur in any order."""

Operator = Literal["=", ">", ">=", "<", "<="]


@dataclass(frozen=True, slots=True)
class Everything:
    def __str__(self) -> str:
        return "*"


@dataclass(frozen=True, slots=True)
class Nothing:
    def __str__(self) -> str:
        return "not *"


@dataclass(frozen=True, slots=True)
class Has:
    """Words of `text` occur in the field; without one in message, name or reason."""

    field: Field | None
    text: str
    how: How = "word"

    def __str__(self) -> str:
        prefix = f"{self.field.typed}:" if self.field else ""
        if self.how == "word":
            return prefix + self.text
        mark = "#" if self.how == "phrase" and self.field else ""
        return prefix + mark + quoted(self.text)


@dataclass(frozen=True, slots=True)
class Exists:
    """The field has a value that is not empty."""

    field: Field

    def __str__(self) -> str:
        return f"{self.field.typed}:*"


@dataclass(frozen=True, slots=True)
class Compare:
    """`value` is in the unit of the field: ms for a time, seconds for `__time__`."""

    field: Field
    operator: Operator
    value: int | float

    def __str__(self) -> str:
        return f"{self.field.typed} {self.operator} {self.field.written(self.value)}"


@dataclass(frozen=True, slots=True)
class Not:
    part: Node

    def __str__(self) -> str:
        return f"not {_inside(self.part)}"


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Node, ...]

    def __str__(self) -> str:
        return " and ".join(_inside(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Node, ...]

    def __str__(self) -> str:
        return " or ".join(_inside(part) for part in self.parts)


Leaf: TypeAlias = Has | Exists | Compare
Node: TypeAlias = Everything | Nothing | Leaf | Not | And | Or

EVERYTHING = Everything()
NOTHING = Nothing()


def _inside(part: Node) -> str:
    return f"({part})" if isinstance(part, And | Or) else str(part)


def quoted(text: str) -> str:
    escaped = re.sub(r'["\\]', r"\\\g<0>", text)
    return f'"{escaped}"'


def conjunction(parts: Iterable[Node]) -> Node:
    flat: dict[Node, None] = {}
    for part in parts:
        flat.update(dict.fromkeys(part.parts if isinstance(part, And) else (part,)))
    flat.pop(EVERYTHING, None)
    if NOTHING in flat:
        return NOTHING
    kept = tuple(flat)
    return And(kept) if len(kept) > 1 else kept[0] if kept else EVERYTHING


def disjunction(parts: Iterable[Node]) -> Node:
    flat: dict[Node, None] = {}
    for part in parts:
        flat.update(dict.fromkeys(part.parts if isinstance(part, Or) else (part,)))
    flat.pop(NOTHING, None)
    if EVERYTHING in flat:
        return EVERYTHING
    kept = tuple(flat)
    return Or(kept) if len(kept) > 1 else kept[0] if kept else NOTHING


def negation(part: Node) -> Node:
    match part:
        case Not():
            return part.part
        case Everything():
            return NOTHING
        case Nothing():
            return EVERYTHING
        case _:
            return Not(part)


def leaves(node: Node) -> Iterator[Leaf]:
    match node:
        case And() | Or():
            for part in node.parts:
                yield from leaves(part)
        case Not():
            yield from leaves(node.part)
        case Has() | Exists() | Compare():
            yield node


def replaced(node: Node, leaf: Callable[[Leaf], Node]) -> Node:
    """The tree with each leaf replaced by what `leaf` makes of it."""
    match node:
        case And():
            return conjunction(replaced(part, leaf) for part in node.parts)
        case Or():
            return disjunction(replaced(part, leaf) for part in node.parts)
        case Not():
            return negation(replaced(node.part, leaf))
        case Has() | Exists() | Compare():
            return leaf(node)
        case _:
            return node


def needs_raw(node: Node) -> bool:
    """Whether the search asks for something that only the raw object knows."""
    return any(leaf.field is not None and leaf.field.kind == "raw" for leaf in leaves(node))
