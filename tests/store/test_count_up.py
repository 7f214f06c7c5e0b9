"""An event that is counted up stays one row, moves to its new time, and its history says what happened."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC

import pytest

from eventcenter.model import ChangeType
from eventcenter.query import EventQuery
from tests.store.conftest import Store
from tests.store.made import (
    DAY,
    EVERYTHING,
    HOUR,
    MINUTE,
    NOON,
    added,
    batch,
    change,
    event,
    modified,
    search,
)


def test_it_stays_one_row_and_moves_to_the_top(store: Store) -> None:
    first = event(1, message="pull of alpha")
    store.put(batch(added(first, 1), added(event(2, last_time=NOON + 1000), 2)))
    again = event(1, message="back-off of beta", count=7, last_time=NOON + MINUTE)
    store.put(batch(modified(again, 3)))
    listed = store.reader.list_events(EVERYTHING).events
    assert [(found.uid, found.count, found.message) for found in listed] == [
        (again.uid, 7, "back-off of beta"),
        (event(2).uid, 1, "Started container web"),
    ]
    assert listed[0].seq == 3
    assert listed[0].first_time == NOON


@pytest.mark.parametrize("later", [1, 1000, DAY], ids=["same second", "same day", "next day"])
def test_the_full_text_follows(store: Store, later: int) -> None:
    store.put(batch(added(event(1, message="alpha", reason="Pulling", name="old"))))
    again = event(1, message="beta", reason="BackOff", name="new", count=2, last_time=NOON + later)
    store.put(batch(modified(again)))
    for gone in ("alpha", "pulling", "old"):
        assert not store.reader.list_events(search(gone)).events, gone
    for there in ("beta", "backoff", "new"):
        assert len(store.reader.list_events(search(there)).events) == 1, there
    assert indexed(store, "alpha") == [], "the index itself has forgotten the old words"
    assert len(indexed(store, "beta")) == 1
    assert not store.reader.list_events(EventQuery(filters={"reason": ("Pulling",)})).events
    assert store.reader.list_events(EventQuery(filters={"reason": ("BackOff",)})).events


def indexed(store: Store, word: str) -> list[int]:
    """Rows of the full text itself, whether or not an event stands there."""
    with closing(sqlite3.connect(store.path)) as connection:
        days = [day for (day,) in connection.execute("SELECT day FROM words")]
        return [
            row
            for day in days
            for (row,) in connection.execute(
                f"SELECT rowid FROM words_{day} WHERE words_{day} MATCH ?", (word,)
            )
        ]


def test_a_time_range_shows_it_where_it_is_now(store: Store) -> None:
    store.put(batch(added(event(1))))
    store.put(batch(modified(event(1, count=2, last_time=NOON + HOUR))))
    before = EventQuery(from_time=NOON - HOUR, to_time=NOON + MINUTE)
    assert not store.reader.list_events(before).events
    assert store.reader.list_events(EventQuery(from_time=NOON + HOUR, to_time=NOON + HOUR + 1000)).events


def test_history_knows_times_counts_and_messages(store: Store) -> None:
    steps = [(1, 0, "first"), (4, 10, "second"), (5, 20, "second"), (9, 30, "third")]
    for number, (count, later, message) in enumerate(steps, start=1):
        state = event(1, count=count, last_time=NOON + later * 1000, message=message)
        store.put(batch(change(state, number, ChangeType.ADDED if number == 1 else ChangeType.MODIFIED)))
    history = store.reader.event(event(1).uid).occurrences
    assert [(entry.count, entry.occurrences, entry.message) for entry in history] == [
        (1, 1, "first"),
        (4, 3, "second"),
        (5, 1, "second"),
        (9, 4, "third"),
    ]
    assert [entry.time for entry in history] == [NOON + later * 1000 for _, later, _ in steps]
    log = store.reader.changes(0, 100)
    assert [(entry.event.seq, entry.event.count, entry.event.message) for entry in log] == [
        (number, count, message) for number, (count, _, message) in enumerate(steps, start=1)
    ]
    assert sum(entry.occurrences for entry in log) == 9


def test_many_steps_in_one_transaction_are_each_in_the_log(store: Store) -> None:
    states = [event(1, count=n, last_time=NOON + n, message=f"try {n}") for n in range(1, 6)]
    store.put(batch(added(states[0], 1), *(modified(state, n) for n, state in enumerate(states[1:], 2))))
    assert [entry.event.message for entry in store.reader.changes(0, 10)] == [s.message for s in states]
    assert [found.count for found in store.reader.list_events(EVERYTHING).events] == [5]
    assert not store.reader.list_events(search('"try 1"')).events


def test_another_message_alone_is_a_change(store: Store) -> None:
    store.put(batch(added(event(1, message="one"), 5)))
    store.put(batch(modified(event(1, message="two"), 6)))
    assert store.reader.event(event(1).uid).event.message == "two"
    assert [entry.occurrences for entry in store.reader.changes(0, 10)] == [1, 0]


def test_a_count_that_starts_again_adds_nothing(store: Store) -> None:
    store.put(batch(added(event(1, count=10), 5)))
    store.put(batch(modified(event(1, count=1, last_time=NOON + 1), 6)))
    assert [entry.occurrences for entry in store.reader.changes(0, 10)] == [10, 0]
    assert store.reader.event(event(1).uid).event.count == 1


def test_absurd_counts_do_not_break_the_sums(store: Store) -> None:
    store.put(*(batch(added(event(n, count=2**53))) for n in range(1, 1500)))
    overview = store.reader.overview(NOON, NOON + HOUR, UTC, NOON)
    assert overview.totals.total == 1499 * (2**31 - 1)
    assert store.reader.event(event(1).uid).event.count == 2**53
