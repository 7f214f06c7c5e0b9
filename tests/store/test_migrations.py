"""Older files become what a new one would be."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from eventcenter.store.audit import rollup_differences
from eventcenter.store.schema import m001_first_schema
from tests.store.conftest import Store
from tests.store.made import DAY, HOUR, NOON, added, batch, event, modified

_OF_VERSION_1 = """
DROP TABLE rollup_quarter; DROP TABLE rollup_day; DROP TABLE rollup_cross;
CREATE TABLE rollup (
    bucket INTEGER NOT NULL, level INTEGER NOT NULL, kind INTEGER NOT NULL, namespace INTEGER NOT NULL,
    reason INTEGER NOT NULL, host INTEGER NOT NULL, component INTEGER NOT NULL, problem INTEGER NOT NULL,
    occurrences INTEGER NOT NULL,
    PRIMARY KEY (bucket, level, kind, namespace, reason, host, component, problem)
) STRICT, WITHOUT ROWID;
INSERT INTO rollup
    SELECT max(0, coalesce(placed, time)) / 900000, level, kind, namespace, reason, host, component, problem,
    sum(occurrences) FROM event JOIN change USING (eid) GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
DELETE FROM _sqlite_migrations WHERE name <> 'm001_first_schema';
PRAGMA user_version = 1;
"""
"""Turns a file of this version into one of version 1."""


def test_the_table_of_version_1_is_that_of_the_migration(store: Store) -> None:
    store.close()
    with closing(sqlite3.connect(store.path)) as ours, closing(sqlite3.connect(":memory:")) as first:
        ours.executescript(_OF_VERSION_1)
        m001_first_schema(first)
        columns = "SELECT name, type, pk FROM pragma_table_info('rollup')"
        assert ours.execute(columns).fetchall() == first.execute(columns).fetchall()


def test_the_rollups_of_version_1_are_divided_by_dimension(store: Store) -> None:
    levels = ("Normal", "Warning")
    store.put(
        batch(
            *(
                added(
                    event(n, count=n, level=levels[n % 2], reason=f"R{n % 3}", last_time=NOON - n * 7 * HOUR)
                )
                for n in range(40)
            )
        )
    )
    store.put(batch(*(modified(event(n, count=n + 5, last_time=NOON), 2) for n in range(0, 40, 7))))
    store.close()
    with closing(sqlite3.connect(store.path)) as connection:
        connection.executescript(_OF_VERSION_1)
    store.open()
    with closing(sqlite3.connect(store.path)) as connection:
        assert rollup_differences(connection) == []
        assert connection.execute("SELECT sum(events) FROM rollup_cross").fetchone() == (40,)
        assert not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'rollup'").fetchone()
    store.put(batch(added(event(99, last_time=NOON - DAY))))
    with closing(sqlite3.connect(store.path)) as connection:
        assert rollup_differences(connection) == []
