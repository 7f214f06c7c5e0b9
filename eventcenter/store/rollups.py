"""Keeps the roll-ups equal to what they sum up.

The rule, which `audit` checks: a roll-up holds the occurrences of the changes of the events that are stored, each in
the quarter of an hour of its change, all under the terms that the event has now; and the events themselves, each where
it stands. So an event that turns from one problem into another takes its past along, and an event that is deleted
leaves nothing behind.

Three tables, because one that answers everything would have nearly a row an event:

- `rollup_quarter`, one value of one dimension in a quarter of an hour, by level and problem: trends, short ranges, the
  ends of long ones.
- `rollup_day`, the same of a day (UTC): ninety days are ninety rows a value.
- `rollup_cross`, every combination of all dimensions in a day: group-bys over several of them."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterator

from eventcenter.store.schema import BUCKET_MS, PLACE_BITS
from eventcenter.store.words import TAGS

Terms = tuple[int, ...]
"""The numbers of the fields of `words.TAGS`, in their order."""

DIMENSIONS = {"": 0, "kind": 1, "namespace": 2, "reason": 3, "host": 4, "component": 5}
"""What `rollup_quarter` and `rollup_day` know one by one. "" is everything; its only value is 0. Level and problem
divide every row."""
QUARTERS_A_DAY = 86_400_000 // BUCKET_MS

TERM_COLUMNS = ", ".join(TAGS)
BUCKET_OF_CHANGE = f"max(0, coalesce(placed, time)) / {BUCKET_MS}"
BUCKET_OF_PLACE = f"(id >> {PLACE_BITS}) / {BUCKET_MS // 1000}"
PAYLOAD = "length(CAST(e.message AS BLOB)) + length(CAST(e.name AS BLOB)) + length(e.raw)"
"""Bytes of an event `e` that differ from one to the next (`payload` says it of a row being written): by them the size
of the file is shared out."""

KEYS = {
    "rollup_quarter": ("dimension", "bucket", "value", "level", "problem"),
    "rollup_day": ("dimension", "day", "value", "level", "problem"),
    "rollup_cross": ("day", *TAGS),
}
SUMS = {
    "rollup_quarter": ("occurrences", "events"),
    "rollup_day": ("occurrences", "events", "payload"),
    "rollup_cross": ("occurrences", "events"),
}


def _upsert(table: str) -> str:
    columns = (*KEYS[table], *SUMS[table])
    more = ", ".join(f"{name} = {name} + excluded.{name}" for name in SUMS[table])
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}) "
        f"ON CONFLICT DO UPDATE SET {more}"
    )


def _delete_empty(table: str) -> str:
    empty = " AND ".join(f"{name} = 0" for name in SUMS[table])
    return f"DELETE FROM {table} WHERE {' AND '.join(f'{name} = ?' for name in KEYS[table])} AND {empty}"


_UPSERT = {table: _upsert(table) for table in KEYS}
_DELETE_EMPTY = {table: _delete_empty(table) for table in KEYS}

_Key = tuple[int, ...]
_Table = defaultdict[_Key, list[int]]


def payload(message: str, name: str, raw: bytes) -> int:
    return len(message.encode()) + len(name.encode()) + len(raw)


class Sums:
    """What one transaction adds to the roll-ups, or takes away."""

    def __init__(self) -> None:
        self._quarters: _Table = defaultdict(lambda: [0, 0, 0])
        """(bucket, *terms) → occurrences, events, payload."""

    def occurred(self, bucket: int, terms: Terms, occurrences: int) -> None:
        """`occurrences` may be negative, here and below `sign` is -1 for what goes."""
        self._quarters[(bucket, *terms)][0] += occurrences

    def stands(self, place: int, terms: Terms, size: int, sign: int) -> None:
        """An event whose row has the id `place` and `size` bytes of payload."""
        sums = self._quarters[((place >> PLACE_BITS) * 1000 // BUCKET_MS, *terms)]
        sums[1] += sign
        sums[2] += sign * size

    def write(self, connection: sqlite3.Connection) -> None:
        """Rows that come to nothing are removed."""
        cross: _Table = defaultdict(lambda: [0, 0, 0])
        for (bucket, *terms), sums in self._quarters.items():
            _add(cross[(bucket // QUARTERS_A_DAY, *terms)], sums)
        _write(connection, "rollup_quarter", _by_dimension(self._quarters))
        _write(connection, "rollup_day", _by_dimension(cross))
        _write(connection, "rollup_cross", cross)


def _add(into: list[int], sums: list[int]) -> None:
    into[0] += sums[0]
    into[1] += sums[1]
    into[2] += sums[2]


def _by_dimension(combinations: _Table) -> _Table:
    result: _Table = defaultdict(lambda: [0, 0, 0])
    for (time, level, kind, namespace, reason, host, component, problem), sums in combinations.items():
        for dimension, value in enumerate((0, kind, namespace, reason, host, component)):
            _add(result[(dimension, time, value, level, problem)], sums)
    return result


def _write(connection: sqlite3.Connection, table: str, sums: _Table) -> None:
    many = len(SUMS[table])
    rows = sorted((*key, *more[:many]) for key, more in sums.items() if any(more[:many]))
    connection.executemany(_UPSERT[table], rows)
    less = (row[:-many] for row in rows if min(row[-many:]) < 0)
    connection.executemany(_DELETE_EMPTY[table], less)


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
        sums.occurred(bucket, before, -occurrences)
        sums.occurred(bucket, now, occurrences)
