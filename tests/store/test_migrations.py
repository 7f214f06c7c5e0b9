"""Older files become what a new one would be."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from eventcenter.store.audit import rollup_differences
from eventcenter.store.schema import m001_first_schema
from tests.store.conftest import Store
from tests.store.made import DAY, EVERYTHING, HOUR, NOON, added, batch, event, modified

_OF_VERSION_1 = """
DROP TABLE saved_query; DROP TABLE rollup_quarter; DROP TABLE rollup_day; DROP TABLE rollup_cross;
ALTER TABLE event RENAME TO event_2; DROP INDEX event_eid;
ALTER TABLE change RENAME TO change_2; DROP INDEX change_again;
{first}
INSERT INTO rollup
    SELECT max(0, coalesce(placed, time)) / 900000, level, kind, namespace, reason, host, component, problem,
    sum(occurrences) FROM event_2 JOIN change_2 USING (eid) GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
INSERT INTO event SELECT id, eid, seq, uid, level, reason, kind, namespace, name, object_uid, field_path, component,
    host, count, first_time, last_time, action, problem, api_version, message, raw FROM event_2;
DROP TABLE event_2;
INSERT INTO change SELECT seq, eid, time, count, occurrences, message_before, placed FROM change_2;
DROP TABLE change_2;
DELETE FROM _sqlite_migrations WHERE name <> 'm001_first_schema';
DROP TABLE sink_state;
DROP TABLE dead_letter;
DROP TABLE alert_state;
DROP TABLE alert;
DROP TABLE crash_log;
DROP TABLE notifying_state;
DROP TABLE silence;
DROP TABLE notification;
PRAGMA user_version = 1;
"""
"""Turns a file of this version into one of version 1; `first`: its tables that are no more."""


def make_version_1(path: Path) -> None:
    with closing(sqlite3.connect(path)) as ours, closing(sqlite3.connect(":memory:")) as new:
        m001_first_schema(new)
        wanted = "SELECT sql FROM sqlite_master WHERE tbl_name IN ('event', 'change', 'rollup') AND sql IS NOT NULL"
        ours.executescript(_OF_VERSION_1.format(first=";".join(row[0] for row in new.execute(wanted)) + ";"))


def told(store: Store) -> list[object]:
    events = store.reader.list_events(EVERYTHING).events
    return [store.reader.event(event.uid) for event in events]


def test_a_file_of_version_1_says_the_same_and_has_exact_rollups(store: Store) -> None:
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
    store.put(batch(added(event(50, last_time=NOON + 400 * DAY, first_time=NOON - 7))))
    before = told(store)
    store.close()
    make_version_1(store.path)
    store.open()
    assert told(store) == before
    assert len(before) == 41
    with closing(sqlite3.connect(store.path)) as connection:
        assert rollup_differences(connection) == []
        assert connection.execute("SELECT sum(events) FROM rollup_cross").fetchone() == (41,)
        assert not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'rollup'").fetchone()
    store.put(batch(added(event(99, last_time=NOON - DAY))))
    with closing(sqlite3.connect(store.path)) as connection:
        assert rollup_differences(connection) == []
