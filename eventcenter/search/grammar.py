"""The grammar, for `lark`: an LALR parser whose lexer knows what may come next, so that a value may hold what
elsewhere is an operator (`reason:and`).

Bottom up each rule becomes a function of the field that it stands under: `reason:(a or b)` is `a or b`, made for a
field. Imported with the first search that is parsed: building the parser takes a moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer

from eventcenter.search.fields import NAME, Field, field_of
from eventcenter.search.leaves import compared, in_quotes, in_range, word
from eventcenter.search.splitting import QUOTED
from eventcenter.search.tree import EVERYTHING, NOTHING, Everything, Node, conjunction, disjunction, negation

Maker = Callable[[Field | None], Node | None]
"""None: only signs (`--`), which say nothing beside words and find nothing by themselves."""

_END = r'(?=[\s()"|]|\Z)'
_name = NAME.replace("/", r"\/")
GRAMMAR = rf"""
start: [either]
?either: both (_OR both)+ -> either | both
?both: unary (_AND? unary)+ -> both | unary
?unary: NOT+ atom -> negation | atom
?atom: "(" either ")" | plain | FIELD plain -> field | FIELD "(" either ")" -> field
     | COMPARISON (BOUND | QUOTED) -> comparison
     | RANGE BOUND ","? BOUND CLOSE -> ranged
?plain: WORD -> word | QUOTED -> quoted | PHRASE -> phrase

RANGE.4: /{_name}\s+in\s*[\[(]\s*/
FIELD.3: /{_name}:\s*(?=[^\s)|])/
COMPARISON.3: /{_name}\s*(?:==|!=|<>|>=|<=|=|>|<)\s*/
_OR.3: /or{_END}/i
_AND.3: /and{_END}/i
NOT.3: /not{_END}/i
PHRASE.3: /#{QUOTED}/
QUOTED.2: /{QUOTED}/
WORD: /[^\s"()|]+/
BOUND: /[^\s()\[\],"|]+/
CLOSE: /[\])]/
%ignore /\s+/
"""


class _Builder(Transformer[Token, Any]):
    """Every method gets the results of the parts of a rule; its terminals are tokens with their places."""

    def start(self, parts: list[Maker | None]) -> Node:
        made = parts[0](None) if parts[0] else EVERYTHING
        return NOTHING if made is None else made

    def either(self, parts: list[Maker]) -> Maker:
        return lambda field: _joined(disjunction, [part(field) for part in parts])

    def both(self, parts: list[Maker]) -> Maker:
        return lambda field: _joined(conjunction, [part(field) for part in parts])

    def negation(self, parts: list[Any]) -> Maker:
        *nots, part = parts

        def make(field: Field | None) -> Node | None:
            made = part(field)
            return negation(made) if made is not None and len(nots) % 2 else made

        return make

    def field(self, parts: list[Any]) -> Maker:
        name, part = parts
        field = field_of(name.rstrip().removesuffix(":"))
        return lambda _: part(field)

    def comparison(self, parts: list[Token]) -> Maker:
        left, right = parts
        return lambda _: compared(left, right, right.start_pos or 0)

    def ranged(self, parts: list[Token]) -> Maker:
        left, low, high, close = parts
        return lambda _: in_range(left, (low, low.start_pos or 0), (high, high.start_pos or 0), close)

    def word(self, parts: list[Token]) -> Maker:
        return lambda field: word(field, str(parts[0]), parts[0].start_pos or 0)

    def quoted(self, parts: list[Token]) -> Maker:
        return lambda field: in_quotes(field, parts[0], parts[0].start_pos or 0, in_order=field is None)

    def phrase(self, parts: list[Token]) -> Maker:
        return lambda field: in_quotes(field, parts[0][1:], parts[0].start_pos or 0, in_order=True)


def _joined(join: Callable[[Iterable[Node]], Node], parts: list[Node | None]) -> Node | None:
    kept = [part for part in parts if part is not None]
    if len(kept) < len(parts) and all(isinstance(part, Everything) for part in kept):
        return None
    return join(kept)


@lru_cache(maxsize=1)
def parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", transformer=_Builder())
