"""Whether the roll-ups of a file are exact: computed again from the changes, for tests and for `doctor`."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from eventcenter.store.rollups import BUCKET_OF_CHANGE, TERM_COLUMNS

_KEY = f"bucket, {TERM_COLUMNS}"
_COMPUTED = (
    f"SELECT {BUCKET_OF_CHANGE} AS bucket, {TERM_COLUMNS}, sum(c.occurrences) AS occurrences "
    "FROM event e JOIN change c ON c.eid = e.eid WHERE c.occurrences <> 0 "
    f"GROUP BY {', '.join(str(n + 1) for n in range(8))}"
)
# Each side with its sign: what does not cancel out is a difference.
_DIFFERENCES = (
    f"SELECT {_KEY}, sum(stored) AS stored, sum(computed) AS computed FROM ("
    f"SELECT {_KEY}, occurrences AS stored, 0 AS computed FROM rollup "
    f"UNION ALL SELECT {_KEY}, 0, occurrences FROM ({_COMPUTED})) "
    f"GROUP BY {_KEY} HAVING sum(stored) <> sum(computed) LIMIT ?"
)


class Difference(NamedTuple):
    """`key` is the bucket and the terms of a roll-up row."""

    key: tuple[int, ...]
    stored: int
    computed: int


def rollup_differences(connection: sqlite3.Connection, limit: int = 100) -> list[Difference]:
    """Empty when the roll-ups are exact. Reads every change: minutes on a file of 22 million events."""
    rows = connection.execute(_DIFFERENCES, (limit,)).fetchall()
    empty = connection.execute(f"SELECT {_KEY} FROM rollup WHERE occurrences = 0 LIMIT ?", (limit,))
    return [Difference(tuple(row[:-2]), row[-2], row[-1]) for row in rows] + [
        Difference(tuple(row), 0, 0) for row in empty
    ]


def orphans(connection: sqlite3.Connection) -> int:
    """Changes whose event is gone: there are none."""
    row = connection.execute(
        "SELECT count(*) FROM change c WHERE NOT EXISTS (SELECT 1 FROM event e WHERE e.eid = c.eid)"
    ).fetchone()
    return int(row[0])
