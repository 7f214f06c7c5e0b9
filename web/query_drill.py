"""From a value of an answer to the query without all others, or without it: the search with one term more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eventcenter.search import MAX_CHARS
from eventcenter.search.fields import SHORT_NAMES, field_of
from eventcenter.search.parsing import MAX_TERMS
from eventcenter.search.tree import And, Or, leaves, quoted
from eventcenter.sql.columns import known
from web.query_ask import Query

FIELDS = frozenset(
    {"level", "reason", "kind", "namespace", "host", "component", "problem", "pod_name", "name", "action"}
)
"""Fields of a search whose values lead on."""
_MOST = 300
"""Characters of a value that is put into a search."""


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a search, written."""

    field: str
    value: str

    def __str__(self) -> str:
        return f"{self.field}:{quoted(self.value)}"


def fields_of(query: Query, columns: list[str]) -> list[str | None]:
    """The field of a search that each column shows the values of, None for others."""
    from eventcenter.sql.origins import origins  # sqlglot, only needed now

    by_name = origins(query.sql) if query.sql is not None else {}
    return [_field(by_name.get(name) or _by_name(name)) for name in columns]


def _by_name(name: str) -> str | None:
    """What comes out of a sub-query is taken by its name."""
    return known(name)


def _field(column: str | None) -> str | None:
    if column is None or column not in SHORT_NAMES:
        return None
    name = field_of(column).name
    return name if name in FIELDS else None


def term(field: str | None, value: Any) -> Term | None:
    """None where the value cannot be searched for."""
    if field is None or not (value is None or isinstance(value, str)) or len(value or "") > _MOST:
        return None
    return Term(field, value or "")


def with_terms(query: Query, terms: list[Term], *, exclude: bool = False) -> str | None:
    """The text of the query with the terms in front of its SQL; None where the search would become too long."""
    parts = [f"not {term}" if exclude else str(term) for term in terms]
    there = {str(part) for part in (query.tree.parts if isinstance(query.tree, And) else (query.tree,))}
    parts = [part for part in parts if part not in there]
    search = "" if query.search == "*" else query.search
    if search and parts and isinstance(query.tree, Or):
        search = f"({search})"
    search = " and ".join([search, *parts] if search else parts) or "*"
    if len(search) > MAX_CHARS or sum(1 for _ in leaves(query.tree)) + len(parts) > MAX_TERMS:
        return None
    return search if query.sql is None else f"{search} | {query.sql}"
