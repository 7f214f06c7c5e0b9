"""A search as SQL: an FTS5 expression as far as words can say it, and conditions on the row `e` of `event`.

Every Boolean combination of words and filter values is one FTS5 expression, an intersection of word lists. What is no
word of the index (numbers, paths of the raw object, wildcards before the end of a word) is a condition on each row
that the expression finds. FTS5 has no NOT by itself: beside something else it is subtracted, alone it is
a condition on columns where these can tell, else taken from all events, which have a level each."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field

from eventcenter.search.cutting import phrases
from eventcenter.search.fields import Field
from eventcenter.search.matching import is_identifier
from eventcenter.search.tree import (
    And,
    Compare,
    Everything,
    Exists,
    Has,
    Node,
    Not,
    Nothing,
    Or,
    conjunction,
    leaves,
    needs_raw,
)
from eventcenter.search.words import MAX_INDEXED_CHARS
from eventcenter.store.fulltext import (
    EVERY_EVENT,
    NO_EVENT,
    Match,
    any_of,
    combined,
    match_phrases,
    tagged,
    terms_with,
    text_condition,
)
from eventcenter.store.functions import spec
from eventcenter.store.packing import pack_uid
from eventcenter.store.rows import EVENT_COLUMNS
from eventcenter.store.words import TAGS, uid_token

MAX_TAGS = 1_000
"""Of one condition: more are looked up in the row."""

_TERMS = (*TAGS, "action", "api_version", "field_path")
"""Fields whose column holds the number of a term."""
_COLUMNS: dict[str, int | None] = {"message": MAX_INDEXED_CHARS, "name": None}
"""Columns of text that are indexed, and how much of them."""


@dataclass(slots=True)
class Conditions:
    """`matches` are FTS5 expressions, `where` conditions on `e`; all have to hold."""

    matches: list[str] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)
    """FTS5 expressions of what is not wanted."""
    where: list[str] = field(default_factory=list)
    values: list[object] = field(default_factory=list)

    def add(self, where: str, values: list[object]) -> None:
        self.where.append(where)
        self.values += values


class SearchCompiler:
    """For one search: what is looked up in the database is looked up once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._numbers: dict[Has, list[int]] = {}
        self._matches: dict[Node, Match | None] = {}
        """Of each part: a part is asked for more than once, on each level of nesting again."""

    def compile(self, search: Node, *, filtered: bool) -> Conditions:
        """`filtered`: other FTS5 expressions have to hold as well, so that one more subtraction costs nothing."""
        made = Conditions()
        parts = search.parts if isinstance(search, And) else (search,)
        checked: list[Node] = []
        subtracted: list[tuple[Node, str]] = []
        for part in parts:
            if (unwanted := self._unwanted(part)) is not None:
                subtracted.append((part, unwanted))
                continue
            found = self._match(part)
            if found is not None:
                made.matches.append(found.expression)
            if found is None or not found.exact:
                checked.append(part)
        if filtered or made.matches or any(not _in_columns(part) for part, _ in subtracted):
            made.excluded = [unwanted for _, unwanted in subtracted]
        else:
            checked = [part for part, _ in subtracted] + checked
        self._check(made, checked)
        return made

    def _check(self, made: Conditions, parts: list[Node]) -> None:
        """Conditions on columns first; the raw object is unpacked once for all that ask for it."""
        for part in parts:
            if not needs_raw(part):
                made.add(*self._condition(part))
        if raw := [part for part in parts if needs_raw(part)]:
            made.add(f"search_event(?, e.raw, {EVENT_COLUMNS})", [str(conjunction(raw))])

    def _unwanted(self, part: Node) -> str | None:
        """The expression of what a part excludes, where it does nothing else."""
        match part:
            case Not():
                found = self._match(part.part)
                return found.expression if found is not None and found.exact else None
            case Exists() if part.field.name in TAGS:
                return f"(tags : {TAGS[part.field.name]}0)"
            case _:
                return None

    def _match(self, node: Node) -> Match | None:
        if node not in self._matches:
            self._matches[node] = self._make_match(node)
        return self._matches[node]

    def _make_match(self, node: Node) -> Match | None:
        match node:
            case Everything():
                return Match(EVERY_EVENT)
            case Nothing():
                return Match(NO_EVENT)
            case And():
                return self._match_all(node)
            case Or():
                found = [self._match(part) for part in node.parts]
                if None in found:
                    return None
                sure = [item for item in found if item is not None]
                return Match(any_of(item.expression for item in sure), all(item.exact for item in sure))
            case Has():
                return self._match_words(node)
            case Exists() if node.field.of_pods:
                return Match(self._pods())
            case _:
                unwanted = self._unwanted(node)
                return Match(f"({EVERY_EVENT} NOT {unwanted})") if unwanted else None

    def _match_all(self, node: And) -> Match | None:
        excluded = [unwanted for part in node.parts if (unwanted := self._unwanted(part)) is not None]
        found = [self._match(part) for part in node.parts if self._unwanted(part) is None]
        sure = [item for item in found if item is not None]
        if not sure and not excluded:
            return None
        expression = combined([item.expression for item in sure], excluded)
        return Match(expression, len(sure) == len(found) and all(item.exact for item in sure))

    def _match_words(self, leaf: Has) -> Match | None:
        name = leaf.field.name if leaf.field else ""
        if name in TAGS:
            numbers = self._terms(leaf)
            return tagged(TAGS[name], numbers) if len(numbers) <= MAX_TAGS else None
        if is_identifier(leaf) and name == "uid":
            return Match(f'(uid : "{uid_token(pack_uid(leaf.text))}")', exact=False)
        if leaf.field is None:
            return match_phrases("{message name reason}", phrases(leaf))
        if leaf.field.attribute in _COLUMNS:
            found = match_phrases(leaf.field.attribute, phrases(leaf))
            if found is None or not leaf.field.of_pods:
                return found or (Match(self._pods(), exact=False) if leaf.field.of_pods else None)
            return Match(f"({self._pods()} AND {found.expression})", found.exact)
        return Match(self._pods(), exact=False) if leaf.field.of_pods else None

    def _condition(self, node: Node) -> tuple[str, list[object]]:
        match node:
            case And() | Or():
                made = [self._condition(part) for part in node.parts]
                joint = " AND " if isinstance(node, And) else " OR "
                return f"({joint.join(sql for sql, _ in made)})", [
                    value for _, values in made for value in values
                ]
            case Not():
                sql, values = self._condition(node.part)
                return f"NOT {sql}", values
            case Has():
                return self._words_condition(node)
            case Exists():
                return self._exists(node.field), []
            case Compare():
                column = "e.last_time / 1000" if node.field.kind == "seconds" else f"e.{node.field.attribute}"
                return f"({column} {node.operator} ?)", [node.value]
            case Everything() | Nothing():
                return ("1" if isinstance(node, Everything) else "0"), []

    def _words_condition(self, leaf: Has) -> tuple[str, list[object]]:
        if leaf.field is None:
            return self._anywhere(leaf)
        if leaf.field.name in _TERMS:
            return f"(e.{leaf.field.name} IN ({','.join(map(str, self._terms(leaf)))}))", []
        attribute = leaf.field.attribute
        made: tuple[str, list[object]]
        if is_identifier(leaf):
            made = f"(e.{attribute} = ?)", [pack_uid(leaf.text)]
        elif attribute in _COLUMNS:
            made = text_condition(f"e.{attribute}", leaf, _COLUMNS[attribute])
        else:
            made = f"search_uid(?, e.{attribute})", [spec(leaf)]
        return (f"({self._is_pod()} AND {made[0]})" if leaf.field.of_pods else made[0]), made[1]

    def _anywhere(self, leaf: Has) -> tuple[str, list[object]]:
        """In message, name or reason."""
        texts = [text_condition(f"e.{column}", leaf, most) for column, most in _COLUMNS.items()]
        reasons = f"e.reason IN ({','.join(map(str, self._terms(leaf)))})"
        sql = " OR ".join([*(sql for sql, _ in texts), reasons])
        return f"({sql})", [value for _, values in texts for value in values]

    def _exists(self, field: Field) -> str:
        if field.of_pods:
            return self._is_pod()
        return f"(e.{field.name} <> {0 if field.name in _TERMS else repr('')})"

    def _pods(self) -> str:
        return tagged(TAGS["kind"], self._pod_numbers()).expression

    def _is_pod(self) -> str:
        return f"(e.kind IN ({','.join(map(str, self._pod_numbers()))}))"

    def _pod_numbers(self) -> list[int]:
        return [number for (number,) in self._connection.execute("SELECT id FROM term WHERE text = 'Pod'")]

    def _terms(self, leaf: Has) -> list[int]:
        if leaf not in self._numbers:
            self._numbers[leaf] = terms_with(self._connection, leaf)
        return self._numbers[leaf]


def _in_columns(node: Node) -> bool:
    """Whether numbers in the row of an event decide, which is as fast as the index."""
    return all(
        not (isinstance(leaf, Has) and (leaf.field is None or leaf.field.name not in _TERMS))
        and not needs_raw(leaf)
        for leaf in leaves(node)
    )
