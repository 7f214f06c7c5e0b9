"""Which rows a query reads: its search and its time range, as what stands behind FROM."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field

from eventcenter.errors import QuerySyntaxError
from eventcenter.query import EventQuery
from eventcenter.search import Node
from eventcenter.store.compile import FOREVER, compile_query
from eventcenter.store.words import days_between

MAX_DAYS = 450
"""SQLite joins at most 500 SELECTs into one."""


@dataclass(frozen=True, slots=True)
class Restriction:
    sql: str
    """Of the form `event e WHERE …`, with named parameters."""
    values: dict[str, object] = field(default_factory=dict)


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
        return Restriction("event e WHERE 0")
    first, last = compiled.first, min(compiled.last, FOREVER)
    values: dict[str, object] = {f"{prefix}_first": first, f"{prefix}_last": last}
    where = ["1"]
    for condition in compiled.where:
        pieces = condition.split("?")
        names = [f"{prefix}_{len(values) + at}" for at in range(len(pieces) - 1)]
        where.append(
            "".join(a + b for a, b in zip(pieces, [f":{name}" for name in names] + [""], strict=True))
        )
        at = len(values) - 2
        values |= dict(zip(names, compiled.values[at : at + len(names)], strict=True))
    residual = " AND ".join(where)
    between = f"BETWEEN :{prefix}_first AND :{prefix}_last"
    if compiled.match is None:
        order = " ORDER BY e.id DESC" if newest is not None else ""
        return Restriction(f"event e WHERE e.id {between} AND {residual}{order}", values)
    days = days_between(connection, first, last, newest_first=newest is not None)
    if not days:
        return Restriction("event e WHERE 0")
    if len(days) > MAX_DAYS:
        raise QuerySyntaxError(
            f"the range holds {len(days)} days", hint=f"Search at most {MAX_DAYS} at once."
        )
    values[f"{prefix}_match"] = compiled.match
    found = " UNION ALL ".join(
        _day(
            f"SELECT rowid AS id FROM words_{day} WHERE words_{day} MATCH :{prefix}_match AND rowid {between}",
            newest,
        )
        for day in days
    )
    return Restriction(f"({found}) w CROSS JOIN event e ON e.id = w.id WHERE {residual}", values)


def _day(select: str, newest: int | None) -> str:
    return select if newest is None else f"SELECT id FROM ({select} ORDER BY rowid DESC LIMIT {newest})"
