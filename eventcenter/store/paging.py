"""Reading the rows of one page, day by day in the order of place, for as long as a page may take.

Some searches have to look at every event of 90 days to find ten. A page that has used up its time ends with what was
found and the place that was reached, so that asking on continues there: nobody waits, nothing is left out."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from eventcenter.store.compile import FOREVER, Compiled
from eventcenter.store.files import ReadConnection
from eventcenter.store.rows import EVENT_COLUMNS, Row
from eventcenter.store.schema import PLACE_BITS, day_places
from eventcenter.store.words import days_between

SEARCH_BUDGET_S = 2.0
"""For one page. Looked at between two days, and inside of a day where rows are checked one by one."""
STEPS = 2_000
"""Of SQLite's machine between two looks at the clock: some hundred rows, so that every page gets on."""


class Found(NamedTuple):
    rows: list[Row]
    reached: int | None
    """A cursor: all before it has been searched. None: all of the range has been, or the page is full."""


def read_rows(
    connection: ReadConnection, compiled: Compiled, order: str, limit: int, budget_s: float | None = None
) -> Found:
    """At most `limit` rows; without a budget however long it takes."""
    rows: list[Row] = []
    if compiled.impossible or compiled.first > compiled.last:
        return Found(rows, None)
    clock = _Clock(connection, budget_s)
    noted = clock.runs and bool(compiled.where)
    tables = list(_tables(connection, compiled, order))
    for at, (table, boundary) in enumerate(tables):
        statement = _statement(compiled, table, order, noted=noted)
        values = _values(compiled, limit - len(rows))
        if not noted:
            rows += connection.execute(statement, values)
        elif clock.read(rows, statement, values):
            rows += _lost(connection, compiled, rows, statement)
            return Found(rows, _reached(connection, rows, order))
        if len(rows) >= limit:
            break
        if clock.is_over() and at + 1 < len(tables):
            return Found(rows, boundary)
    return Found(rows, None)


def _lost(connection: ReadConnection, compiled: Compiled, rows: list[Row], statement: str) -> list[Row]:
    """Rows found last before the statement was stopped: `sqlite3` looks for the next row before it hands one out, and
    drops it when that fails."""
    found, examined = connection.found, connection.examined
    delivered = {row[0] for row in rows[-2:]}
    lost: list[Row] = []
    for place in found:
        if place not in delivered:
            lost += connection.execute(statement, _values(replace(compiled, first=place, last=place), 1))
    connection.examined = examined
    return lost


def _reached(connection: ReadConnection, rows: list[Row], order: str) -> int:
    """The row that was being looked at is looked at again, unless it was found already."""
    examined = connection.examined
    assert examined is not None
    if rows and rows[-1][0] == examined:
        return examined
    return examined + (1 if order == "desc" else -1)


def time_of(place: int) -> int:
    """The second (in ms) of a place."""
    return (place >> PLACE_BITS) * 1000


def _tables(connection: ReadConnection, compiled: Compiled, order: str) -> Iterator[tuple[str | None, int]]:
    """The full-text tables to read, each with the cursor behind it; None: the table of events itself, in one go."""
    if compiled.match is None:
        yield None, 0
        return
    newest_first = order == "desc"
    last = min(compiled.last, FOREVER)
    for day in days_between(connection, compiled.first, last, newest_first=newest_first):
        first_of_day, last_of_day = day_places(day)
        yield f"words_{day}", first_of_day if newest_first else last_of_day


def _statement(compiled: Compiled, table: str | None, order: str, *, noted: bool) -> str:
    place = "e.id" if table is None else "w.rowid"
    conditions = [*compiled.where, f"{place} BETWEEN ? AND ?"]
    if noted:  # SQLite looks at conditions from left to right
        conditions = ["search_at(e.id)", *conditions, "search_found(e.id)"]
    if table is None:
        source = "event e WHERE"
    else:
        source = f"{table} w CROSS JOIN event e ON e.id = w.rowid WHERE {table} MATCH ? AND"
    return f"SELECT {EVENT_COLUMNS} FROM {source} {' AND '.join(conditions)} ORDER BY {place} {order} LIMIT ?"


def _values(compiled: Compiled, limit: int) -> tuple[object, ...]:
    match = () if compiled.match is None else (compiled.match,)
    return (*match, *compiled.values, compiled.first, compiled.last, limit)


class _Clock:
    """The time of one page."""

    def __init__(self, connection: ReadConnection, budget_s: float | None) -> None:
        self._connection = connection
        self._deadline = None if budget_s is None else time.monotonic() + budget_s

    @property
    def runs(self) -> bool:
        return self._deadline is not None

    def is_over(self) -> bool:
        return self._deadline is not None and time.monotonic() >= self._deadline

    def read(self, rows: list[Row], statement: str, values: tuple[object, ...]) -> bool:
        """Append the rows of a statement. True when the time was over before its end."""
        connection = self._connection
        connection.examined, connection.found = None, ()
        connection.set_progress_handler(self._must_stop, STEPS)
        try:
            rows.extend(connection.execute(statement, values))
        except sqlite3.OperationalError:
            if not self._must_stop():
                raise
            return True
        finally:
            connection.set_progress_handler(None, 0)
        return False

    def _must_stop(self) -> bool:
        return self._connection.examined is not None and self.is_over()
