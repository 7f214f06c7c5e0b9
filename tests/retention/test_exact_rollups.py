"""The roll-ups add up the changes of the events that are stored, under the terms that each event has now."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from eventcenter.store.audit import orphans, rollup_differences
from eventcenter.store.rollups import DIMENSIONS
from tests.store.made import DAY, HOUR, NOON, added, batch, event, modified


def differences(store: Any) -> list[Any]:
    with closing(sqlite3.connect(store.path)) as connection:
        assert orphans(connection) == 0
        return rollup_differences(connection)


def test_an_event_that_becomes_another_problem_takes_its_past_along(
    open_store: Callable[..., Any], tmp_path: Path
) -> None:
    store = open_store(tmp_path, lambda event: "pod-oom-killed" if "OOM" in event.message else "")
    store.put(batch(added(event(1, count=3, last_time=NOON - DAY))))
    store.put(batch(modified(event(1, count=5, message="OOM", last_time=NOON))))
    yesterday = store.reader.overview(NOON - DAY, NOON - DAY + 1, UTC, NOON).totals
    assert (yesterday.total, yesterday.errors) == (3, 3)
    assert store.reader.overview(NOON - DAY, NOON + 1, UTC, NOON).totals.errors == 5
    assert differences(store) == []


def test_also_within_one_transaction(store: Any) -> None:
    store.put(
        batch(
            added(event(1, count=3)),
            modified(event(1, count=5, level="Warning"), 2),
            modified(event(1, count=6, level="Warning", hostname="node-2"), 3),
        )
    )
    totals = store.reader.overview(NOON, NOON + 1, UTC, NOON).totals
    assert (totals.total, totals.warning) == (6, 6)
    assert differences(store) == []


def test_a_wrong_clock_is_counted_where_its_event_stands(store: Any, clock: Any) -> None:
    far = NOON + 4000 * DAY
    store.put(batch(added(event(1, last_time=far))))
    clock.now += 2 * HOUR
    store.put(batch(modified(event(1, last_time=far + 1, count=4, level="Warning"))))
    assert store.reader.overview(NOON, NOON + 1, UTC, NOON).totals.warning == 1
    assert store.reader.overview(NOON + 2 * HOUR, NOON + 2 * HOUR + 1, UTC, NOON).totals.warning == 3
    assert [entry.event.last_time for entry in store.reader.changes(0, 9)] == [far, far + 1]
    assert differences(store) == []


@pytest.mark.parametrize("table", ["rollup_quarter", "rollup_day", "rollup_cross"])
def test_the_audit_finds_what_is_wrong(store: Any, table: str) -> None:
    store.put(batch(added(event(1, count=3))))
    rows = 1 if table == "rollup_cross" else len(DIMENSIONS)
    store.writer.call(lambda c: c.execute(f"UPDATE {table} SET occurrences = 2"))
    found = differences(store)
    assert [(one.table, one.stored[0], one.computed[0]) for one in found] == [(table, 2, 3)] * rows
    store.writer.call(lambda c: c.execute(f"DELETE FROM {table}"))
    assert [(one.stored[:2], one.computed[:2]) for one in differences(store)] == [((0, 0), (3, 1))] * rows


def test_the_audit_finds_rows_that_say_nothing(store: Any) -> None:
    store.put(batch(added(event(1, count=3))))
    store.writer.call(lambda c: c.execute("INSERT INTO rollup_day VALUES (1, 1, 1, 1, 1, 0, 0, 0)"))
    (found,) = differences(store)
    assert (found.table, found.key) == ("rollup_day", (1, 1, 1, 1, 1))


def test_an_event_without_occurrences_is_counted_as_an_event(store: Any) -> None:
    store.put(batch(added(event(1, count=0))))
    assert differences(store) == []
    with closing(sqlite3.connect(store.path)) as connection:
        (row,) = connection.execute("SELECT occurrences, events FROM rollup_cross").fetchall()
    assert row == (0, 1)
