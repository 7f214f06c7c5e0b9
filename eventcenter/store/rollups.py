"""Keeps the roll-ups equal to what they sum up.

The rule, which `audit` checks: a roll-up holds the occurrences of the changes of the events that are stored, each in
the quarter of an hour of its change, all under the terms that the event has now. So an event that turns from one
problem into another takes its past along, and an event that is deleted leaves nothing behind."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator

from eventcenter.store.schema import BUCKET_MS
from eventcenter.store.words import TAGS

Terms = tuple[int, ...]
"""The numbers of the fields of `words.TAGS`, in their order."""
Sums = Counter[tuple[int, ...]]
"""(bucket, *terms) → occurrences, also negative."""

TERM_COLUMNS = ", ".join(TAGS)
BUCKET_OF_CHANGE = f"max(0, coalesce(placed, time)) / {BUCKET_MS}"

_UPSERT = (
    f"INSERT INTO rollup (bucket, {TERM_COLUMNS}, occurrences) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT DO UPDATE SET occurrences = occurrences + excluded.occurrences"
)
_DELETE_EMPTY = (
    f"DELETE FROM rollup WHERE bucket = ? AND {' AND '.join(f'{column} = ?' for column in TAGS)} "
    "AND occurrences = 0"
)


def add(connection: sqlite3.Connection, sums: Sums) -> None:
    """Rows that come to nothing are removed."""
    rows = sorted((*key, more) for key, more in sums.items() if more)
    connection.executemany(_UPSERT, rows)
    connection.executemany(_DELETE_EMPTY, [row[:-1] for row in rows if row[-1] < 0])


def changes_of(connection: sqlite3.Connection, eids: Collection[int]) -> Iterator[tuple[int, int, int, int]]:
    """(seq, eid, bucket, occurrences) of every stored change of the events."""
    some = ",".join(map(str, eids))
    columns = f"seq, eid, {BUCKET_OF_CHANGE}, occurrences"
    yield from connection.execute(f"SELECT {columns} FROM change WHERE seq IN ({some}) AND eid = seq")
    yield from connection.execute(f"SELECT {columns} FROM change WHERE eid IN ({some}) AND seq <> eid")


def move(connection: sqlite3.Connection, moved: dict[int, tuple[Terms, Terms]], sums: Sums) -> None:
    """Note in `sums` that events (eid → terms before and now) take their stored occurrences along."""
    if not moved:
        return
    for _, eid, bucket, occurrences in changes_of(connection, moved):
        before, now = moved[eid]
        sums[(bucket, *before)] -= occurrences
        sums[(bucket, *now)] += occurrences
