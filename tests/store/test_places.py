"""Where an event stands in time: wrong clocks, very old times, and more events of one second than it has places."""

from __future__ import annotations

import pytest

from eventcenter.query import EventQuery
from eventcenter.store.schema import PLACE_BITS, place
from tests.store.conftest import Store
from tests.store.made import DAY, EVERYTHING, HOUR, NOON, added, batch, event, search


def place_time(event_id: int) -> int:
    """The second of a place, in ms."""
    return (event_id >> PLACE_BITS) * 1000


def test_a_time_far_ahead_stands_at_its_arrival(store: Store) -> None:
    store.put(batch(added(event(1, last_time=NOON + 400 * DAY)), added(event(2, last_time=NOON + 1000))))
    assert [found.uid for found in store.reader.list_events(EVERYTHING).events] == [
        event(2).uid,
        event(1).uid,
    ]
    until_now = EventQuery(from_time=NOON, to_time=NOON + 1000)
    (found,) = store.reader.list_events(until_now).events
    assert found.last_time == NOON + 400 * DAY  # what the event says is kept


def test_a_clock_that_goes_a_little_wrong_is_believed() -> None:
    assert place_time(place(NOON + HOUR, 1, NOON)) == NOON + HOUR
    assert place_time(place(NOON + HOUR + 1, 1, NOON)) == NOON


@pytest.mark.parametrize("time", [0, 1, -1, -(10**15)])
def test_the_beginning_of_time_is_the_end_of_the_list(store: Store, time: int) -> None:
    store.put(batch(added(event(1, first_time=time, last_time=time)), added(event(2))))
    assert [found.uid for found in store.reader.list_events(EVERYTHING).events] == [
        event(2).uid,
        event(1).uid,
    ]
    assert store.reader.list_events(search("container", to_time=1000)).events[0].last_time == time


def test_a_second_of_more_events_than_places_loses_none(store: Store) -> None:
    """Numbers that are 2^16 apart want the same place; in a storm hundreds of thousands do."""
    store.put(batch(*(added(event(n)) for n in range(1, 101))))
    store.close()
    skip_numbers(store, (1 << PLACE_BITS) - 50)
    store.open()
    more = [event(n, message="later") for n in range(101, 301)]
    store.put(batch(*(added(state) for state in more)))
    assert len(store.reader.list_events(EVERYTHING).events) == 300
    assert len(store.reader.list_events(search("later", limit=1000)).events) == 200
    assert {store.reader.event(state.uid).event.message for state in more} == {"later"}


def test_a_full_second_is_not_walked_through_for_each_event(store: Store) -> None:
    steps = 0
    occupied = store.writer._applier._occupied

    def counting(place: int) -> bool:
        nonlocal steps
        steps += 1
        return occupied(place)

    store.writer._applier._occupied = counting  # type: ignore[method-assign]
    store.writer._applier.seq = 0
    for start in range(0, 2000, 500):  # the same 500 places are wanted again and again
        store.writer._applier.seq = (start // 500) << PLACE_BITS
        store.put(batch(*(added(event(start + n)) for n in range(500))))
    assert len(store.reader.list_events(EventQuery(limit=1000)).events) == 1000
    assert steps < 4 * 2000


def skip_numbers(store: Store, seq: int) -> None:
    import sqlite3

    connection = sqlite3.connect(store.path)
    with connection:
        connection.execute("UPDATE meta SET value = ? WHERE key = 'seq'", (seq,))
    connection.close()
