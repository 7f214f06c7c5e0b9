"""The full-text tables: one contentless FTS5 table a day of place, made when its first event comes.

`rowid` is `event.id`. A contentless table must be told the old words to forget a row, so a row that moves is
deleted here with exactly the text it was inserted with."""

from __future__ import annotations

import sqlite3
import zlib
from collections import defaultdict
from collections.abc import Iterable

from eventcenter.search.words import MAX_INDEXED_CHARS, spaced
from eventcenter.store.schema import WORDS_DDL, day_of

WordRow = tuple[int, str, str, str, str, str]
"""(event.id, tags, message, name, reason, uid token)"""

TAGS = {
    "level": "l",
    "kind": "k",
    "namespace": "n",
    "reason": "r",
    "host": "h",
    "component": "c",
    "problem": "p",
}
"""Filter → letter of its tag. A tag is that letter and the number of the value's term: filters are words like others,
so that any combination of filters and a search is one intersection of word lists, newest first. They come first in the
table because the first column costs the least."""


def uid_token(uid: bytes | str) -> str:
    """Eight hex digits that find an event by its uid; the few others of the same token are sorted out by
    equality."""
    return f"{zlib.crc32(uid if isinstance(uid, bytes) else uid.encode('utf-8', 'surrogatepass')):08x}"


def tags_of(numbers: Iterable[int]) -> str:
    """The tags of an event: `numbers` are the terms of the fields of TAGS, in their order."""
    return " ".join([letter + str(number) for letter, number in zip(TAGS.values(), numbers, strict=True)])


def word_row(event_id: int, tags: str, message: str, name: str, reason: str, uid: bytes | str) -> WordRow:
    return event_id, tags, spaced(message[:MAX_INDEXED_CHARS]), spaced(name), spaced(reason), uid_token(uid)


class WordWriter:
    """Adds and removes rows, inside the writer's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._days: set[int] = set()
        self.rolled_back()

    def rolled_back(self) -> None:
        """A day's table made since the last commit does not exist."""
        self._days = {day for (day,) in self._connection.execute("SELECT day FROM words")}

    def delete(self, rows: Iterable[WordRow]) -> None:
        delete_rows(self._connection, [row for row in rows if day_of(row[0]) in self._days])

    def insert(self, rows: Iterable[WordRow]) -> None:
        for day, some in _by_day(rows).items():
            self._make(day)
            self._connection.executemany(
                f"INSERT INTO words_{day} (rowid, tags, message, name, reason, uid) VALUES (?, ?, ?, ?, ?, ?)",
                some,
            )

    def _make(self, day: int) -> None:
        if day not in self._days:
            # What retention has begun to drop and a crash, or this late event, has kept from going.
            self._connection.execute(f"DROP TABLE IF EXISTS words_{day}")
            self._connection.execute(WORDS_DDL.format(table=f"words_{day}"))
            self._connection.execute("INSERT INTO words VALUES (?)", (day,))
            self._days.add(day)


def _by_day(rows: Iterable[WordRow]) -> dict[int, list[WordRow]]:
    days: dict[int, list[WordRow]] = defaultdict(list)
    for row in sorted(rows):
        days[day_of(row[0])].append(row)
    return days


def delete_rows(connection: sqlite3.Connection, rows: Iterable[WordRow]) -> None:
    for day, some in _by_day(rows).items():
        connection.executemany(
            f"INSERT INTO words_{day} (words_{day}, rowid, tags, message, name, reason, uid) "
            "VALUES ('delete', ?, ?, ?, ?, ?, ?)",
            some,
        )


def stored_rows(connection: sqlite3.Connection, ids: str) -> list[WordRow]:
    """What was indexed for stored events; `ids` is a list in SQL."""
    rows = connection.execute(
        f"SELECT e.id, e.message, e.name, t.text, e.uid, {', '.join(TAGS)} "
        f"FROM event e JOIN term t ON t.id = e.reason WHERE e.id IN ({ids})"
    )
    return [
        word_row(event_id, tags_of(numbers), message, name, reason, uid)
        for event_id, message, name, reason, uid, *numbers in rows
    ]


def table_days(connection: sqlite3.Connection) -> list[int]:
    """The days that have a table, also those that are being dropped."""
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE name GLOB 'words_*' AND sql LIKE 'CREATE VIRTUAL TABLE%'"
    )
    return sorted(int(name.removeprefix("words_")) for (name,) in names)


def days_between(connection: sqlite3.Connection, first: int, last: int, *, newest_first: bool) -> list[int]:
    """The days with a table that hold places from `first` to `last`."""
    direction = "DESC" if newest_first else "ASC"
    return [
        day
        for (day,) in connection.execute(
            f"SELECT day FROM words WHERE day BETWEEN ? AND ? ORDER BY day {direction}",
            (day_of(first), day_of(last)),
        )
    ]
