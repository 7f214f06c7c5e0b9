"""Whether the roll-ups of a file are exact: computed again from the changes, for tests and for `doctor`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from eventcenter.store.rollups import (
    BUCKET_OF_CHANGE,
    BUCKET_OF_PLACE,
    DIMENSIONS,
    KEYS,
    PAYLOAD,
    QUARTERS_A_DAY,
    SUMS,
    TERM_COLUMNS,
)

_COUNTED = (
    f"SELECT {BUCKET_OF_CHANGE} AS bucket, {TERM_COLUMNS}, occurrences, 0 AS events, 0 AS payload "
    "FROM event JOIN change USING (eid) "
    f"UNION ALL SELECT {BUCKET_OF_PLACE}, {TERM_COLUMNS}, 0, 1, {PAYLOAD} FROM event e"
)
"""Everything that is to be in a roll-up."""


class Difference(NamedTuple):
    """`key` and the sums of a row of a roll-up; the sums are 0 where there is no such row."""

    table: str
    key: tuple[int, ...]
    stored: tuple[int, ...]
    computed: tuple[int, ...]


class _Part(NamedTuple):
    """Rows of a roll-up, and a SELECT of what they are to be: columns of the key, `bucket`, the sums."""

    table: str
    which: str
    key: str


def rollup_differences(connection: sqlite3.Connection, limit: int = 100) -> list[Difference]:
    """Empty when the roll-ups are exact. Reads every change a dozen times: an hour on a file of 22 million events."""
    found: list[Difference] = []
    for part in _parts():
        found += _of_part(connection, part, limit)
    return found[:limit]


def _parts() -> Iterator[_Part]:
    day = f"bucket / {QUARTERS_A_DAY}"
    for table, time in (("rollup_quarter", "bucket"), ("rollup_day", day)):
        for name, number in DIMENSIONS.items():
            yield _Part(
                table, f"WHERE dimension = {number}", f"{number}, {time}, {name or 0}, level, problem"
            )
    yield _Part("rollup_cross", "", f"{day}, {TERM_COLUMNS}")


def _of_part(connection: sqlite3.Connection, part: _Part, limit: int) -> list[Difference]:
    # Each side with its sign: what does not cancel out is a difference, and so is a row that says nothing.
    key, sums = KEYS[part.table], SUMS[part.table]
    keys, many = ", ".join(key), len(sums)
    stored = ", ".join(f"{name} AS stored_{name}, 0 AS computed_{name}" for name in sums)
    computed = ", ".join(f"0, {name}" for name in sums)
    both = ", ".join(f"sum({side}_{name})" for side in ("stored", "computed") for name in sums)
    unequal = " OR ".join(f"sum(stored_{name}) <> sum(computed_{name})" for name in sums)
    empty = " AND ".join(f"sum(stored_{name}) = 0" for name in sums)
    rows = connection.execute(
        f"SELECT {keys}, {both} FROM (SELECT {keys}, 1 AS there, {stored} FROM {part.table} {part.which} "
        f"UNION ALL SELECT {part.key}, 0, {computed} FROM ({_COUNTED})) "
        f"GROUP BY {keys} HAVING {unequal} OR (sum(there) AND {empty}) LIMIT ?",
        (limit,),
    )
    return [
        Difference(part.table, tuple(row[: len(key)]), tuple(row[len(key) : -many]), tuple(row[-many:]))
        for row in rows
    ]


def orphans(connection: sqlite3.Connection) -> int:
    """Changes whose event is gone: there are none."""
    row = connection.execute(
        "SELECT count(*) FROM change c WHERE NOT EXISTS (SELECT 1 FROM event e WHERE e.eid = c.eid)"
    ).fetchone()
    return int(row[0])
