"""Reading the rows of one page, day by day in the order of place, for as long as a page may take.

Some searches have to look at every event of 90 days to find ten. A page that has used up its time ends with what was
found and the place that was reached, so that asking on continues there: nobody waits, nothing is left out."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from typing import NamedTuple

from eventcenter.store.compile import FOREVER, Compiled
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
    connection: sqlite3.Connection, compiled: Compiled, order: str, limit: int, budget_s: float | None = None
) -> Found:
    """At most `limit` rows; without a budget however long it takes."""
    rows: list[Row] = []
    if compiled.impossible or compiled.first > compiled.last:
        return Found(rows, None)
    clock = _Clock(connection, order, budget_s)
    tables = list(_tables(connection, compiled, order))
    for at, (table, boundary) in enumerate(tables):
        if clock.read(rows, _statement(compiled, table, order, clock), _values(compiled, limit - len(rows))):
            return Found(rows, clock.reached(rows))
        if len(rows) >= limit:
            break
        if clock.is_over() and at + 1 < len(tables):
            return Found(rows, boundary)
    return Found(rows, None)


def time_of(place: int) -> int:
    """The second (in ms) of a place."""
    return (place >> PLACE_BITS) * 1000


def _tables(
    connection: sqlite3.Connection, compiled: Compiled, order: str
) -> Iterator[tuple[str | None, int]]:
    """The full-text tables to read, each with the cursor behind it; None: the table of events itself, in one go."""
    if compiled.match is None:
        yield None, 0
        return
    newest_first = order == "desc"
    last = min(compiled.last, FOREVER)
    for day in days_between(connection, compiled.first, last, newest_first=newest_first):
        first_of_day, last_of_day = day_places(day)
        yield f"words_{day}", first_of_day if newest_first else last_of_day


def _statement(compiled: Compiled, table: str | None, order: str, clock: _Clock) -> str:
    place = "e.id" if table is None else "w.rowid"
    # The note of the place goes first: SQLite looks at conditions from left to right.
    note = ["search_at(e.id)"] if compiled.where and clock.runs else []
    conditions = " AND ".join([*note, *compiled.where, f"{place} BETWEEN ? AND ?"])
    if table is None:
        source = "event e WHERE"
    else:
        source = f"{table} w CROSS JOIN event e ON e.id = w.rowid WHERE {table} MATCH ? AND"
    return f"SELECT {EVENT_COLUMNS} FROM {source} {conditions} ORDER BY {place} {order} LIMIT ?"


def _values(compiled: Compiled, limit: int) -> tuple[object, ...]:
    match = () if compiled.match is None else (compiled.match,)
    return (*match, *compiled.values, compiled.first, compiled.last, limit)


class _Clock:
    """The time of one page, and the place that the statement under way has come to."""

    def __init__(self, connection: sqlite3.Connection, order: str, budget_s: float | None) -> None:
        self._connection = connection
        self._order = order
        self._deadline = None if budget_s is None else time.monotonic() + budget_s
        self._at: int | None = None

    @property
    def runs(self) -> bool:
        return self._deadline is not None

    def is_over(self) -> bool:
        return self._deadline is not None and time.monotonic() >= self._deadline

    def read(self, rows: list[Row], statement: str, values: tuple[object, ...]) -> bool:
        """Append the rows of a statement. True when the time was over before its end."""
        checked = "search_at(" in statement
        if checked:
            self._at = None
            self._connection.create_function("search_at", 1, self._note)
            self._connection.set_progress_handler(self._must_stop, STEPS)
        try:
            rows.extend(self._connection.execute(statement, values))
        except sqlite3.OperationalError:
            if not (checked and self._must_stop()):
                raise
            return True
        finally:
            if checked:
                self._connection.set_progress_handler(None, 0)
        return False

    def _note(self, place: int) -> bool:
        self._at = place
        return True

    def _must_stop(self) -> bool:
        return self._at is not None and self.is_over()

    def reached(self, rows: list[Row]) -> int:
        """The row that was being looked at is looked at again, unless it was found already."""
        assert self._at is not None
        if rows and rows[-1][0] == self._at:
            return self._at
        return self._at + (1 if self._order == "desc" else -1)
