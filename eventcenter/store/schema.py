"""The tables, as migrations. A migration is a named function that runs in one transaction and is never edited
again.

The shape follows from 22.5 million events on a small machine; `docs/decisions/` argues it, in short:

- `event.id` is a place in time: second of the event time << 16 | low bits of the change's number. A counted-up
  event moves to its new place, so lists, time ranges, full text (rowid order) and retention are all ranges of
  one key. `beyond` (ms) is what its time has more than that second, `lasted` (ms) how long before it was first seen.
- `event.eid` is the number of the event's first change and never moves; the change log points at it. `later` is
  by how much the number of its newest change is greater, in `change` that of the change itself.
- `change` has one small row for every change of the events that are kept; its rowid is `seq`, the cursor of every
  consumer. `placed` is the time that counts, where `time` is a wrong clock's (`honest_time`), else null.
- `cursor` holds how far each consumer has read; retention waits for those of the kind `sink`.
- `live` maps uid to event only for what the cluster still holds, so the hot path never searches millions of
  random uids on disk. Older uids are found through a token in the full-text index.
- Filters are words too (`words.TAGS`): any combination of filters and a search is one intersection of word lists.
- Roll-ups sum up by dimension and by day (`rollups`).
- `saved_query` holds what people keep: no query of theirs can read it (`sandbox`).
- `sink_state` and `dead_letter` are of sinks: what people were told, and what a destination refused for good.
- `alert` has alerts as they are and were, `alert_state` what their judge keeps between two changes, with its position.
- `crash_log` has what a container wrote before it died, for the events that tell of that.
- `silence`, `notifying_state` and `notification`: what is not told, what was, and what waits to be.
- Full text lies in one contentless FTS5 table a day (`words_DAY`, made when needed), so that a prefix never
  merges the word lists of ninety days and retention drops whole tables.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from eventcenter.store.schema_crash_logs import CRASH_LOGS

APPLICATION_ID = 0x4B45_4331  # "KEC1": says whose file this is, `file` and SQLite's own tools show it

_V1 = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;

CREATE TABLE dictionary (id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;

CREATE TABLE term (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;
INSERT INTO term VALUES (0, '');

CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    eid INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    uid ANY NOT NULL,
    level INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    namespace INTEGER NOT NULL,
    name TEXT NOT NULL,
    object_uid ANY NOT NULL,
    field_path INTEGER NOT NULL,
    component INTEGER NOT NULL,
    host INTEGER NOT NULL,
    count INTEGER NOT NULL,
    first_time INTEGER NOT NULL,
    last_time INTEGER NOT NULL,
    action INTEGER NOT NULL,
    problem INTEGER NOT NULL,
    api_version INTEGER NOT NULL,
    message TEXT NOT NULL,
    raw BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX event_eid ON event (eid);

CREATE TABLE change (
    seq INTEGER PRIMARY KEY,
    eid INTEGER NOT NULL,
    time INTEGER NOT NULL,
    count INTEGER NOT NULL,
    occurrences INTEGER NOT NULL,
    message_before TEXT,
    placed INTEGER
) STRICT;
CREATE INDEX change_again ON change (eid) WHERE seq <> eid;

CREATE TABLE live (
    uid ANY PRIMARY KEY,
    eid INTEGER NOT NULL,
    id INTEGER NOT NULL,
    resource_version TEXT NOT NULL,
    count INTEGER NOT NULL,
    last_time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE rollup (
    bucket INTEGER NOT NULL,
    level INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    namespace INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    host INTEGER NOT NULL,
    component INTEGER NOT NULL,
    problem INTEGER NOT NULL,
    occurrences INTEGER NOT NULL,
    PRIMARY KEY (bucket, level, kind, namespace, reason, host, component, problem)
) STRICT, WITHOUT ROWID;

CREATE TABLE position (
    stream TEXT PRIMARY KEY,
    resource_version TEXT,
    committed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE words (day INTEGER PRIMARY KEY) STRICT;

CREATE TABLE cursor (
    name TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    seq INTEGER NOT NULL,
    updated INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""

BUCKET_MS = 15 * 60 * 1000
"""Width of a roll-up bucket: a quarter of an hour divides the offset of every time zone in use."""

PLACE_BITS = 16
PLACES_A_BUCKET = BUCKET_MS // 1000 << PLACE_BITS


def place(time: int, seq: int, received: int) -> int:
    """The `event.id` of an event of `time` (ms). A time more than an hour ahead of its arrival is a wrong
    clock: it takes its place at arrival, so that it does not stand on top of every list for years. Before
    1970 counts as 1970."""
    return max(0, honest_time(time, received) // 1000) << PLACE_BITS | seq & (1 << PLACE_BITS) - 1


def honest_time(time: int, received: int) -> int:
    return time if time <= received + 3_600_000 else received


def first_place(time: int) -> int:
    """The smallest `event.id` of the second that `time` (ms) lies in: ranges are of whole seconds, as most
    times are."""
    return max(0, time // 1000) << PLACE_BITS


def day_of(event_id: int) -> int:
    """Days since 1970 of a place: the number of its full-text table."""
    return (event_id >> PLACE_BITS) // 86_400


def day_places(day: int) -> tuple[int, int]:
    """The first and the last place of a day."""
    first = day * 86_400 << PLACE_BITS
    return first, first + (86_400 << PLACE_BITS) - 1


# remove_diacritics 2 lets `cafe` find `café`; - . _ belong to a word, as in names of Pods and images.
WORDS_DDL = (
    "CREATE VIRTUAL TABLE {table} USING fts5(tags, message, name, reason, uid, content='', columnsize=0, "
    "tokenize=\"unicode61 remove_diacritics 2 tokenchars '-._'\")"
)


EVENT_STORED = (
    "id, eid, later, uid, level, reason, kind, namespace, name, object_uid, field_path, component, host, count, "
    "beyond, lasted, action, problem, api_version, message, raw"
)
"""The columns of `event` that are stored; the others are computed from these."""


def m001_first_schema(connection: sqlite3.Connection) -> None:
    _execute_all(connection, _V1)


_V2 = """
CREATE TABLE event_2 (
    id INTEGER PRIMARY KEY,
    eid INTEGER NOT NULL,
    later INTEGER NOT NULL,
    seq INTEGER GENERATED ALWAYS AS (eid + later) VIRTUAL,
    uid ANY NOT NULL,
    level INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    namespace INTEGER NOT NULL,
    name TEXT NOT NULL,
    object_uid ANY NOT NULL,
    field_path INTEGER NOT NULL,
    component INTEGER NOT NULL,
    host INTEGER NOT NULL,
    count INTEGER NOT NULL,
    beyond INTEGER NOT NULL,
    last_time INTEGER GENERATED ALWAYS AS ((id >> 16) * 1000 + beyond) VIRTUAL,
    lasted INTEGER NOT NULL,
    first_time INTEGER GENERATED ALWAYS AS ((id >> 16) * 1000 + beyond - lasted) VIRTUAL,
    action INTEGER NOT NULL,
    problem INTEGER NOT NULL,
    api_version INTEGER NOT NULL,
    message TEXT NOT NULL,
    raw BLOB NOT NULL
) STRICT;

INSERT INTO event_2 (id, eid, later, uid, level, reason, kind, namespace, name, object_uid, field_path, component,
    host, count, beyond, lasted, action, problem, api_version, message, raw)
    SELECT id, eid, seq - eid, uid, level, reason, kind, namespace, name, object_uid, field_path, component,
    host, count, last_time - (id >> 16) * 1000, last_time - first_time, action, problem, api_version, message, raw
    FROM event ORDER BY id;

DROP TABLE event;

ALTER TABLE event_2 RENAME TO event;

CREATE UNIQUE INDEX event_eid ON event (eid);

CREATE TABLE change_2 (
    seq INTEGER PRIMARY KEY,
    later INTEGER NOT NULL,
    eid INTEGER GENERATED ALWAYS AS (seq - later) VIRTUAL,
    time INTEGER NOT NULL,
    count INTEGER NOT NULL,
    occurrences INTEGER NOT NULL,
    message_before TEXT,
    placed INTEGER
) STRICT;

INSERT INTO change_2 (seq, later, time, count, occurrences, message_before, placed)
    SELECT seq, seq - eid, time, count, occurrences, message_before, placed FROM change ORDER BY seq;

DROP TABLE change;

ALTER TABLE change_2 RENAME TO change;

CREATE INDEX change_again ON change (eid) WHERE seq <> eid;

CREATE TABLE rollup_quarter (
    dimension INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    value INTEGER NOT NULL,
    level INTEGER NOT NULL,
    problem INTEGER NOT NULL,
    occurrences INTEGER NOT NULL,
    events INTEGER NOT NULL,
    PRIMARY KEY (dimension, bucket, value, level, problem)
) STRICT, WITHOUT ROWID;

CREATE TABLE rollup_day (
    dimension INTEGER NOT NULL,
    day INTEGER NOT NULL,
    value INTEGER NOT NULL,
    level INTEGER NOT NULL,
    problem INTEGER NOT NULL,
    occurrences INTEGER NOT NULL,
    events INTEGER NOT NULL,
    payload INTEGER NOT NULL,
    PRIMARY KEY (dimension, day, value, level, problem)
) STRICT, WITHOUT ROWID;

CREATE TABLE rollup_cross (
    day INTEGER NOT NULL,
    level INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    namespace INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    host INTEGER NOT NULL,
    component INTEGER NOT NULL,
    problem INTEGER NOT NULL,
    occurrences INTEGER NOT NULL,
    events INTEGER NOT NULL,
    PRIMARY KEY (day, level, kind, namespace, reason, host, component, problem)
) STRICT, WITHOUT ROWID;

CREATE TEMP TABLE counted AS
    SELECT bucket, level, kind, namespace, reason, host, component, problem, occurrences, 0 AS events, 0 AS payload
    FROM rollup
    UNION ALL SELECT (id >> 16) / 900, level, kind, namespace, reason, host, component, problem, 0, count(*),
    sum(length(CAST(message AS BLOB)) + length(CAST(name AS BLOB)) + length(raw))
    FROM event GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
"""
_V2_DIMENSIONS = ("0", "kind", "namespace", "reason", "host", "component")


def m002_ninety_days(connection: sqlite3.Connection) -> None:
    """Roll-ups by dimension, as one of all combinations had nearly a row an event: 90 days could not be summed up in
    a second. And smaller rows: what the place and the first number say already is kept as the difference, mostly 0."""
    _execute_all(connection, _V2)
    for number, value in enumerate(_V2_DIMENSIONS):
        connection.execute(
            f"INSERT INTO rollup_quarter SELECT {number}, bucket, {value}, level, problem, sum(occurrences), "
            "sum(events) FROM counted GROUP BY 2, 3, 4, 5"
        )
        connection.execute(
            f"INSERT INTO rollup_day SELECT {number}, bucket / 96, {value}, level, problem, sum(occurrences), "
            "sum(events), sum(payload) FROM counted GROUP BY 2, 3, 4, 5"
        )
    connection.execute(
        "INSERT INTO rollup_cross SELECT bucket / 96, level, kind, namespace, reason, host, component, problem, "
        "sum(occurrences), sum(events) FROM counted GROUP BY 1, 2, 3, 4, 5, 6, 7, 8"
    )
    connection.execute("DROP TABLE counted")
    connection.execute("DROP TABLE rollup")


_V3 = """
CREATE TABLE saved_query (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    query TEXT NOT NULL,
    range TEXT NOT NULL,
    chart TEXT NOT NULL,
    on_board INTEGER NOT NULL,
    place INTEGER NOT NULL
) STRICT;
"""


def m003_saved_queries(connection: sqlite3.Connection) -> None:
    _execute_all(connection, _V3)


_V4 = """
CREATE TABLE sink_state (name TEXT PRIMARY KEY, state BLOB NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE dead_letter (
    id INTEGER PRIMARY KEY,
    sink TEXT NOT NULL,
    seq INTEGER NOT NULL,
    about TEXT NOT NULL,
    reason TEXT NOT NULL,
    refused INTEGER NOT NULL,
    again INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX dead_letter_of_sink ON dead_letter (sink, id);
"""


def m004_sinks(connection: sqlite3.Connection) -> None:
    """What sinks keep beside their row in `cursor`: what a sink for people has told, and what was refused for good."""
    _execute_all(connection, _V4)


_V5 = """
CREATE TABLE alert_state (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, state BLOB NOT NULL) STRICT;

CREATE TABLE alert (
    id INTEGER PRIMARY KEY,
    rule TEXT NOT NULL,
    labels TEXT NOT NULL,
    severity TEXT NOT NULL,
    state TEXT NOT NULL,
    since INTEGER NOT NULL,
    fired INTEGER,
    resolved INTEGER,
    newest INTEGER NOT NULL,
    occurrences INTEGER NOT NULL,
    names TEXT NOT NULL,
    message TEXT NOT NULL,
    seq INTEGER NOT NULL,
    why TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX alert_open ON alert (rule, labels) WHERE state <> 'resolved';
CREATE INDEX alert_resolved ON alert (resolved);
"""


def m005_alerts(connection: sqlite3.Connection) -> None:
    """Alerts as they are and were, and what their judge keeps between two changes."""
    _execute_all(connection, _V5)


def m007_crash_logs(connection: sqlite3.Connection) -> None:
    """The ends of container logs, kept with the events that tell of a crash."""
    _execute_all(connection, CRASH_LOGS)


_V6 = """
CREATE TABLE notifying_state (id INTEGER PRIMARY KEY CHECK (id = 1), state BLOB NOT NULL) STRICT;

CREATE TABLE silence (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    matchers TEXT NOT NULL,
    starts INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    author TEXT NOT NULL,
    reason TEXT NOT NULL,
    created INTEGER NOT NULL,
    before INTEGER
) STRICT;

CREATE TABLE notification (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    time INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    receivers TEXT NOT NULL,
    labels TEXT NOT NULL,
    reason TEXT NOT NULL,
    rules TEXT NOT NULL,
    firing INTEGER NOT NULL,
    resolved INTEGER NOT NULL,
    next INTEGER,
    delivered INTEGER,
    error TEXT NOT NULL,
    payload BLOB
) STRICT;
CREATE INDEX notification_waiting ON notification (id) WHERE outcome = 'waiting';
CREATE INDEX notification_time ON notification (time);
"""


def m006_notifications(connection: sqlite3.Connection) -> None:
    """Silences, what is kept of notifying beside `alert_state`, and all that was told or not told and why; what waits
    for its channel stands there too."""
    _execute_all(connection, _V6)


def _execute_all(connection: sqlite3.Connection, statements: str) -> None:
    """`executescript` would commit what it finds open."""
    for statement in statements.split(";\n"):
        if statement.strip():
            connection.execute(statement)


MIGRATIONS: list[Callable[[sqlite3.Connection], None]] = [
    m001_first_schema,
    m002_ninety_days,
    m003_saved_queries,
    m004_sinks,
    m005_alerts,
    m006_notifications,
    m007_crash_logs,
]
"""In order; the n-th one brings the file to `PRAGMA user_version` n."""


def migrations() -> Any:
    """The same list as a `sqlite_utils.Migrations`. Imported here: only a file that needs one pays for the
    import."""
    from sqlite_utils import Migrations

    registered = Migrations("eventcenter")
    for version, step in enumerate(MIGRATIONS, start=1):

        def apply(database: Any, version: int = version, step: Any = step) -> None:
            step(database.conn)
            database.conn.execute(f"PRAGMA user_version = {version}")

        apply.__name__ = step.__name__
        registered(name=step.__name__)(apply)
    return registered
