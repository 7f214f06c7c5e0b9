"""The table `log` of queries: one row an event, as a common table expression over the tables of the store.

It names only the columns that a query reads. It is never materialized, so SQLite reads through it: what the query does
with a column happens in the loop over `event` itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from eventcenter.sql.columns import DIMENSIONS, EVENT
from eventcenter.sql.comparing import shifted
from eventcenter.sql.jsons import Steps, at, steps, stored
from eventcenter.sql.narrowing import PLACE
from eventcenter.sql.resolving import NUMBER
from eventcenter.sql.summing import EVENTS
from eventcenter.store.packing import Unpacker
from eventcenter.store.restriction import Restriction
from eventcenter.store.rows import EVENT_COLUMNS, TERM_COLUMNS, event_of
from eventcenter.store.terms import TermReader

EVENT_FUNCTION = "log_event"
INSTANCE = "instance"
"""The parameter that holds the name of the instance."""

_INTERNED = {name: f"e.{'host' if name == 'hostname' else name}" for name in DIMENSIONS}


def _text(number: str) -> str:
    return f"(SELECT text FROM term WHERE id = {number})"


def _uid(column: str) -> str:
    parts = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    dashed = " || '-' || ".join(f"substr(lower(hex({column})), {first}, {size})" for first, size in parts)
    return f"CASE typeof({column}) WHEN 'blob' THEN {dashed} ELSE {column} END"


def _moment(column: str) -> str:
    return f"strftime('%Y-%m-%d %H:%M:%f', {column} / 1000.0, 'unixepoch')"


_ABOUT_POD = "e.kind = (SELECT id FROM term WHERE text = 'Pod')"
_COLUMNS = {
    **{name: _text(number) for name, number in _INTERNED.items()},
    **{name + NUMBER: number for name, number in _INTERNED.items()},
    PLACE: "e.id",
    "pod_id": f"CASE WHEN {_ABOUT_POD} THEN {_uid('e.object_uid')} END",
    "pod_name": f"CASE WHEN {_ABOUT_POD} THEN e.name END",
    "uid": _uid("e.uid"),
    "object_uid": _uid("e.object_uid"),
    **{name: f"e.{name}" for name in ("name", "message", "count", "seq")},
    "first_time": _moment("e.first_time"),
    "last_time": _moment("e.last_time"),
    "instance": f":{INSTANCE}",
    EVENTS: "e.n",
}


def definition(
    columns: Iterable[str], restriction: Restriction, shift: int = 0, time: str = "e.last_time / 1000"
) -> str:
    """`log AS (…)`; with a shift (seconds) the events of so much earlier under the name that `comparing` gave them.
    `time` is the time of a row in seconds."""
    listed = ", ".join(f"{_column(name, shift, time)} AS {_quoted(name)}" for name in sorted(columns))
    listed = listed or "1 AS `#`"
    name = shifted(shift) if shift else "log"
    return f"{_quoted(name)} AS NOT MATERIALIZED (SELECT {listed} FROM {restriction.sql})"


def _column(name: str, shift: int, time: str) -> str:
    if name == "__time__":
        return f"{time} + {shift}" if shift else time
    if name in _COLUMNS:
        return _COLUMNS[name]
    path = name.removeprefix(EVENT).removeprefix(".").replace("'", "''")
    return f"{EVENT_FUNCTION}('{path}', e.raw, {EVENT_COLUMNS})"


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def event_leaf(connection: sqlite3.Connection, terms: TermReader, unpacker: Unpacker) -> Callable[..., Any]:
    """The function behind `event_id` and the leaves of it that are no columns. The event of the last row is kept: a
    query that asks for five leaves unpacks it once."""
    last: tuple[int, Any] = (-1, None)
    paths: dict[str, Steps] = {}

    def leaf(path: str, raw: bytes, *row: Any) -> Any:
        nonlocal last
        if last[0] != row[0]:
            texts = terms.texts(connection, [row[column] for column in TERM_COLUMNS])
            last = row[0], unpacker.unpack(event_of(row, texts, ""), raw)
        if not path:
            return msgspec.json.encode(last[1]).decode()
        if path not in paths:
            paths[path] = steps(path)
        found = at(last[1], paths[path])
        return ("true" if found else "false") if isinstance(found, bool) else stored(found)

    return leaf
