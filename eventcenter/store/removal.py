"""The single steps of deleting, each for one transaction: events with all that hangs on them, full-text tables, free
pages. `retention` decides what goes, and calls these until nothing is left to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from eventcenter.store import rollups
from eventcenter.store.rollups import PAYLOAD, Sums
from eventcenter.store.schema import day_places
from eventcenter.store.words import TAGS, delete_rows, stored_rows, table_days

Row = tuple[int, ...]
"""(id, eid, seq, *terms, payload) of an event."""

_COLUMNS = ", ".join([*(f"e.{column}" for column in ("id", "eid", "seq", *TAGS)), PAYLOAD])
_STRUCTURE_IDS = 10
"""The rows of an FTS5 index up to this one describe the others; they go with the table."""


def oldest(connection: sqlite3.Connection, after: int, before: int, limit: int) -> list[Row]:
    """Events between two places, both exclusive."""
    return connection.execute(
        f"SELECT {_COLUMNS} FROM event e WHERE id > ? AND id < ? ORDER BY id LIMIT ?", (after, before, limit)
    ).fetchall()


def oldest_of_level(
    connection: sqlite3.Connection, day: int, level: int, after: int, before: int, limit: int
) -> list[Row]:
    """The same of one level and day: from the full text, so that events of other levels cost nothing."""
    return connection.execute(
        f"SELECT {_COLUMNS} FROM words_{day} w CROSS JOIN event e ON e.id = w.rowid "
        f"WHERE words_{day} MATCH ? AND w.rowid > ? AND w.rowid < ? AND e.level = ? ORDER BY w.rowid LIMIT ?",
        (f"tags : {TAGS['level']}{level}", after, before, level, limit),
    ).fetchall()


def delete_events(connection: sqlite3.Connection, rows: Sequence[Row], *, words: bool) -> int:
    """Delete events, their changes and their share of the roll-ups; the number of changes. Without `words` their
    full text stays until the table of their day goes: nothing finds it, because what it finds is looked up."""
    terms = {row[1]: row[3:-1] for row in rows}
    sums, changes = Sums(), 0
    for event_id, eid, *_, size in rows:
        sums.stands(event_id, terms[eid], size, -1)
    for _, eid, bucket, occurrences in rollups.changes_of(connection, terms):
        sums.occurred(bucket, terms[eid], -occurrences)
        changes += 1
    sums.write(connection)
    ids, eids = _list(row[0] for row in rows), _list(terms)
    if words:
        delete_rows(connection, stored_rows(connection, ids))
    connection.execute(f"DELETE FROM change WHERE seq IN ({eids})")
    connection.execute(f"DELETE FROM change WHERE eid IN ({eids}) AND seq <> eid")
    connection.execute(f"DELETE FROM crash_log WHERE eid IN ({eids})")
    connection.execute(f"DELETE FROM event WHERE id IN ({ids})")
    return changes


def _list(numbers: Iterable[int]) -> str:
    return ",".join(map(str, numbers))


def forget_empty_days(connection: sqlite3.Connection, before: int) -> int:
    """From now on the full text of days that lie wholly before a place and have no event is not looked at; its
    tables can go piece by piece (`abandoned_days`). The number of days."""
    days = [day for (day,) in connection.execute("SELECT day FROM words ORDER BY day")]
    empty = [day for day in days if day_places(day)[1] < before and not _has_events(connection, day)]
    connection.executemany("DELETE FROM words WHERE day = ?", [(day,) for day in empty])
    return len(empty)


def _has_events(connection: sqlite3.Connection, day: int) -> bool:
    sql = "SELECT 1 FROM event WHERE id BETWEEN ? AND ? LIMIT 1"
    return connection.execute(sql, day_places(day)).fetchone() is not None


def abandoned_days(connection: sqlite3.Connection) -> list[int]:
    """Days whose table is there and not in use: what is left to drop, also after a crash."""
    used = {day for (day,) in connection.execute("SELECT day FROM words")}
    return [day for day in table_days(connection) if day not in used]


def drop_some(connection: sqlite3.Connection, day: int, pages: int) -> bool:
    """Free some pages of an abandoned table, at last the table; whether more is left. In one piece it would take
    half a second for 250 000 events."""
    if day not in abandoned_days(connection):  # an event of that day came late: the table is in use again
        return False
    data = f"words_{day}_data"
    deleted = connection.execute(
        f"DELETE FROM {data} WHERE id IN (SELECT id FROM {data} WHERE id > ? ORDER BY id LIMIT ?)",
        (_STRUCTURE_IDS, pages),
    ).rowcount
    if deleted:
        return True
    connection.execute(f"DROP TABLE words_{day}")
    return False


class Space:
    """The pages of a file. Freed pages are used again, so they count as free space."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.page_size = _pragma(connection, "page_size")
        self.pages = _pragma(connection, "page_count")
        self.free = _pragma(connection, "freelist_count")

    @property
    def used_bytes(self) -> int:
        return (self.pages - self.free) * self.page_size

    @property
    def file_bytes(self) -> int:
        return self.pages * self.page_size


def give_back(connection: sqlite3.Connection, pages: int) -> int:
    """Return free pages to the disk (the file shrinks at the next checkpoint); how many it was."""
    before = Space(connection).free
    for _ in range(min(pages, before)):
        # The pragma returns rows without columns, which Python takes for no rows: it does one page at a time.
        connection.execute("PRAGMA incremental_vacuum(1)")
    return before - Space(connection).free


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
