"""The rows of finished days are written anew without holes, a slice at a time, and say the same as before."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from eventcenter.store import compaction
from eventcenter.store.compaction import compact
from tests.retention.looking import assert_sound
from tests.store.made import DAY, EVERYTHING, NOON, added, batch, event, modified

TODAY = NOON // DAY
EVENTS = 300


@pytest.fixture
def holey(store: Any) -> Any:
    """Yesterday's events, a third of them counted up an hour later, and a few of today."""
    long = "x" * 150
    for number in range(EVENTS):
        time = NOON - DAY + number * 1000
        store.put(batch(added(event(number, message=long, first_time=time, last_time=time))))
    store.put(
        batch(
            *(
                modified(event(number, message=long, count=2, last_time=NOON - DAY + 3_600_000 + number), 2)
                for number in range(0, EVENTS, 3)
            )
        )
    )
    store.put(batch(*(added(event(EVENTS + number)) for number in range(5))))
    return store


def pages(store: Any) -> int:
    with closing(sqlite3.connect(store.path)) as connection:
        return int(connection.execute("SELECT count(*) FROM dbstat WHERE name = 'event'").fetchone()[0])


def told(store: Any) -> list[Any]:
    return [store.reader.event(found.uid) for found in store.reader.list_events(EVERYTHING).events]


def test_pages_become_free_and_nothing_else_changes(holey: Any) -> None:
    before, expected = pages(holey), told(holey)
    assert compact(holey.writer.call, TODAY) == 1
    assert pages(holey) < 0.85 * before
    assert told(holey) == expected
    assert_sound(holey)


def test_a_day_is_written_anew_once(holey: Any) -> None:
    assert compact(holey.writer.call, TODAY) == 1
    assert compact(holey.writer.call, TODAY) == 0
    assert compact(holey.writer.call, TODAY + 1) == 1


def test_it_goes_on_after_it_was_stopped_or_killed(holey: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "ROWS", 7)
    expected, steps = told(holey), iter([True, True, False])
    assert compact(holey.writer.call, TODAY, lambda: next(steps)) == 0
    holey.restart()
    assert told(holey) == expected
    assert_sound(holey)
    assert compact(holey.writer.call, TODAY) == 1
    assert told(holey) == expected


def test_a_counted_up_event_is_found_afterwards(holey: Any) -> None:
    compact(holey.writer.call, TODAY)
    holey.put(batch(modified(event(1, message="again", count=9, last_time=NOON), 3)))
    (found,) = [entry for entry in holey.reader.list_events(EVERYTHING).events if entry.count == 9]
    assert found.name == "web-1"
    assert_sound(holey)
