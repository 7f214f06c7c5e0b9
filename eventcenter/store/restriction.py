"""Which rows a query reads: its search and its time range, as what stands behind FROM."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field

from eventcenter.errors import QuerySyntaxError
from eventcenter.query import EventQuery
from eventcenter.search import Node
from eventcenter.store.compile import FOREVER, Compiled, compile_query
from eventcenter.store.presence import days_holding

MAX_DAYS = 450
"""SQLite joins at most 500 SELECTs into one."""


@dataclass(frozen=True, slots=True)
class Restriction:
    sql: str
    """Of the form `event e WHERE …`, with named parameters."""
    values: dict[str, object] = field(default_factory=dict)


NOTHING = Restriction("event e WHERE 0")


def restrict(
    connection: sqlite3.Connection,
    search: Node,
    from_time: int | None,
    to_time: int | None,
    *,
    prefix: str = "r",
    newest: int | None = None,
) -> Restriction:
    """`prefix` tells the parameters of one restriction from those of another in the same statement. With `newest` the
    rows come newest first, at most so many of each day."""
    compiled = compile_query(connection, EventQuery(from_time=from_time, to_time=to_time, search=search))
    if compiled.impossible or compiled.first > compiled.last:
        return NOTHING
    values: dict[str, object] = {
        f"{prefix}_first": compiled.first,
        f"{prefix}_last": min(compiled.last, FOREVER),
    }
    residual = _residual(compiled, prefix, values)
    between = f"BETWEEN :{prefix}_first AND :{prefix}_last"
    if compiled.match is None:
        order = " ORDER BY e.id DESC" if newest is not None else ""
        return Restriction(f"event e WHERE e.id {between} AND {residual}{order}", values)
    days = days_holding(
        connection,
        compiled.first,
        min(compiled.last, FOREVER),
        compiled.present,
        newest_first=newest is not None,
    )
    if not days:
        return NOTHING
    if len(days) > MAX_DAYS:
        raise QuerySyntaxError(
            f"the range holds {len(days)} days", hint=f"Search at most {MAX_DAYS} at once."
        )
    values[f"{prefix}_match"] = compiled.match
    found = " UNION ALL ".join(
        f"SELECT rowid AS id FROM words_{day} WHERE words_{day} MATCH :{prefix}_match AND rowid {between}"
        if newest is None
        else f"SELECT id FROM (SELECT w.rowid AS id FROM words_{day} w CROSS JOIN event e ON e.id = w.rowid "
        f"WHERE words_{day} MATCH :{prefix}_match AND w.rowid {between} AND {residual} "
        f"ORDER BY w.rowid DESC LIMIT {newest})"
        for day in days
    )
    return Restriction(f"({found}) w CROSS JOIN event e ON e.id = w.id WHERE {residual}", values)


def _residual(compiled: Compiled, prefix: str, values: dict[str, object]) -> str:
    """What full text cannot tell, with names instead of its `?`; their values are added to `values`."""
    pieces = " AND ".join(compiled.where or ["1"]).split("?")
    names = [f"{prefix}_{at}" for at in range(len(pieces) - 1)]
    values.update(zip(names, compiled.values, strict=True))
    return "".join(
        part + name for part, name in zip(pieces, [*(f":{name}" for name in names), ""], strict=True)
    )
