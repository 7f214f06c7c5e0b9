"""An EventQuery as SQL. Pure but for looking up the numbers of filter values.

A list is read in the order of `event.id` (time): with filters or a search from the full-text table of each day, where
every filter value is a word (`words.TAGS`), else from the table itself."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass, field

from eventcenter.errors import QuerySyntaxError
from eventcenter.query import LATEST, EventQuery
from eventcenter.search.tree import Everything, Nothing
from eventcenter.search.words import has_word, words
from eventcenter.store.conditions import Conditions, SearchCompiler
from eventcenter.store.decide import marks
from eventcenter.store.fulltext import bindable, combined
from eventcenter.store.schema import first_place
from eventcenter.store.words import TAGS

FOREVER = 1 << 62

MAX_GLOB, MAX_STARS = 500, 8
"""A pattern of many stars takes SQLite exponential time."""


@dataclass(slots=True)
class Compiled:
    """`first` and `last` are the places to read between, both inclusive; `match` is an FTS5 expression or
    None."""

    where: list[str] = field(default_factory=list)
    values: list[object] = field(default_factory=list)
    match: str | None = None
    first: int = 0
    last: int = FOREVER
    impossible: bool = False
    """A filter names a value that no event has."""


def compile_query(connection: sqlite3.Connection, query: EventQuery) -> Compiled:
    compiled = Compiled()
    if query.from_time is not None:
        compiled.first = first_place(min(query.from_time, LATEST))
    if query.to_time is not None:
        compiled.last = first_place(min(query.to_time, LATEST) + 999) - 1
    _cursor(compiled, query)
    matches = [
        _tagged(connection, compiled, name, accepted)
        for name, accepted in query.filters.items()
        if accepted and name != "name"
    ]
    matches.append(_names(compiled, query.filters.get("name", ())))
    wanted = [match for match in matches if match]
    if isinstance(query.search, Nothing):
        compiled.impossible = True
    found = Conditions()
    if not isinstance(query.search, Everything):
        found = SearchCompiler(connection).compile(query.search, filtered=bool(wanted))
    wanted += found.matches
    compiled.where += found.where
    compiled.values += found.values
    compiled.match = combined(wanted, found.excluded) if wanted or found.excluded else None
    return compiled


def _cursor(compiled: Compiled, query: EventQuery) -> None:
    if query.cursor is None:
        return
    if not re.fullmatch(r"[0-9a-f]{1,15}", query.cursor):
        raise QuerySyntaxError(
            f"the cursor {query.cursor!r} is not one", hint="Take `next` of the page before, unchanged."
        )
    at = int(query.cursor, 16)
    if query.order == "desc":
        compiled.last = min(compiled.last, at - 1)
    else:
        compiled.first = max(compiled.first, at + 1)


def _tagged(
    connection: sqlite3.Connection, compiled: Compiled, name: str, accepted: tuple[str, ...]
) -> str | None:
    """The tags of the accepted values; None when every value is."""
    numbers: set[int] = set()
    for value in accepted:
        if value == "*":
            return None
        how, text = ("GLOB", glob_pattern(value)) if "*" in value else ("=", bindable(value))
        numbers.update(
            row[0] for row in connection.execute(f"SELECT id FROM term WHERE text {how} ?", (text,))
        )
    if not numbers:
        compiled.impossible = True
    return f"tags : ({' OR '.join(TAGS[name] + str(number) for number in sorted(numbers))})"


def _names(compiled: Compiled, accepted: tuple[str, ...]) -> str | None:
    """Names of objects are not interned: their words in the full text find them, equality decides."""
    if not accepted or "*" in accepted:
        return None
    names = [bindable(value) for value in accepted if "*" not in value]
    patterns = [glob_pattern(value) for value in accepted if "*" in value]
    checks = [f"e.name IN ({marks(names)})", *("e.name GLOB ?" for _ in patterns)]
    compiled.where.append(f"({' OR '.join(checks)})")
    compiled.values += names + patterns
    matches = [_name_match(value) for value in accepted]
    return "(" + " OR ".join(f"name : {match}" for match in matches) + ")" if all(matches) else None


def _name_match(value: str) -> str | None:
    """None when the name begins with a * (no word to look for) or holds no letter or digit."""
    stem = value.split("*", 1)[0]
    found = words(stem)
    if not has_word(stem) or not found:
        return None
    # A dot at the end of a name's word is not indexed, so the prefix does without it: the check decides.
    goes_on = "*" in value and (stem[-1].isalnum() or stem[-1] in "-._")
    return f'"{" ".join(found)}"{" *" if goes_on else ""}'


def glob_pattern(value: str) -> str:
    """Only * is a wildcard for us; SQLite's GLOB also knows ? and [ ]."""
    if len(value) > MAX_GLOB or value.count("*") > MAX_STARS:
        raise QuerySyntaxError(
            f"the pattern {value[:50]!r} is too long",
            hint=f"A pattern may have {MAX_GLOB} characters, {MAX_STARS} of them *.",
        )
    return re.sub(r"[\[?]", lambda found: f"[{found.group()}]", bindable(value))
