"""Closes the holes that counted-up events leave behind.

An event that is counted up moves to its new place, and nothing later wants the old one: with a quarter of the changes
counting up, a quarter of the room in the table of events lies between its rows for as long as they are kept. Written
anew in their order, the rows of a finished day fill their pages: 67 bytes an event became 13 (`bench.write`). As with
retention it is done in slices through the writer, each sound by itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import partial

from eventcenter.store.calls import Ask
from eventcenter.store.schema import EVENT_STORED, day_places

ROWS = 200
"""Of a slice: some milliseconds."""
_COMPACTED = "compacted"
"""Key in `meta`: the newest day whose rows have been written anew."""


def compact(ask: Ask, before: int, goes_on: Callable[[], bool] = lambda: True) -> int:
    """Write the days anew that lie before the day `before` and have not been yet, oldest first, until all are done or
    `goes_on` says no; the number of days."""
    done = 0
    for day in ask(partial(_days, before=before)):
        first, last = day_places(day)
        reached: int | None = first - 1
        while reached is not None:
            reached = ask(partial(_slice, after=reached, last=last))
            if not goes_on():
                return done
        ask(partial(_note, day=day))
        done += 1
    return done


def _days(connection: sqlite3.Connection, before: int) -> list[int]:
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (_COMPACTED,)).fetchone()
    rows = connection.execute(
        "SELECT day FROM words WHERE day > ? AND day < ? ORDER BY day", (row[0] if row else -1, before)
    )
    return [day for (day,) in rows]


def _slice(connection: sqlite3.Connection, after: int, last: int) -> int | None:
    """The place up to which rows were written anew; None at the end of the day."""
    rows = connection.execute(
        f"SELECT {EVENT_STORED} FROM event WHERE id > ? AND id <= ? ORDER BY id LIMIT ?", (after, last, ROWS)
    ).fetchall()
    if not rows:
        return None
    first, reached = rows[0][0], int(rows[-1][0])
    connection.execute("DELETE FROM event WHERE id BETWEEN ? AND ?", (first, reached))
    marks = ",".join("?" * len(rows[0]))
    connection.executemany(f"INSERT INTO event ({EVENT_STORED}) VALUES ({marks})", rows)
    return reached


def _note(connection: sqlite3.Connection, day: int) -> None:
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_COMPACTED, day))
