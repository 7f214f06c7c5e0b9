"""What the tests of retention look at: the rows of a store beside its readers."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

from eventcenter.store.audit import orphans, rollup_differences
from tests.store.made import EVERYTHING


def places(store: Any) -> dict[str, tuple[int, str, int]]:
    """Name of an event → (place, level, number of its newest change)."""
    with closing(sqlite3.connect(store.path)) as connection:
        return {
            name: (place, level, seq)
            for place, name, level, seq in connection.execute(
                "SELECT e.id, e.name, t.text, e.seq FROM event e JOIN term t ON t.id = e.level"
            )
        }


def tables(store: Any) -> list[str]:
    """The full-text tables that exist."""
    with closing(sqlite3.connect(store.path)) as connection:
        sql = "SELECT name FROM sqlite_master WHERE name GLOB 'words_*' AND sql LIKE 'CREATE VIRTUAL%'"
        return sorted(name for (name,) in connection.execute(sql))


def assert_sound(store: Any) -> None:
    """Roll-ups add up the log, no change is without its event, the file and each full-text table are whole."""
    with closing(sqlite3.connect(store.path)) as connection:
        assert rollup_differences(connection) == []
        assert orphans(connection) == 0
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        for (day,) in connection.execute("SELECT day FROM words").fetchall():
            connection.execute(f"INSERT INTO words_{day} (words_{day}) VALUES ('integrity-check')")


def names(store: Any, query: Any = EVERYTHING) -> set[str]:
    return {event.name for event in store.reader.list_events(query).events}
