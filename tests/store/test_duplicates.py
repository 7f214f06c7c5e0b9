"""What is delivered again tells nothing new and is not stored again: relists, replays, restored clusters."""

from __future__ import annotations

from tests.store.conftest import Store
from tests.store.made import (
    DAY,
    EVERYTHING,
    HOUR,
    MINUTE,
    NOON,
    Clock,
    added,
    batch,
    deleted,
    event,
    modified,
)


def assert_unchanged(store: Store, changes: int, uid: str) -> None:
    assert store.writer.status().seq == changes
    assert [found.uid for found in store.reader.list_events(EVERYTHING).events] == [uid]


def test_a_relist_stores_nothing(store: Store) -> None:
    states = [event(n, count=n) for n in range(1, 200)]
    store.put(batch(*(added(state, n) for n, state in enumerate(states, 1)), position="200"))
    store.put(batch(*(added(state, n) for n, state in enumerate(states, 1)), position="300"))
    assert store.writer.status().seq == len(states)
    assert store.writer.status().duplicates == len(states)
    assert store.writer.position("events") == "300"


def test_an_older_state_stores_nothing(store: Store) -> None:
    now, before = (
        event(1, count=9, last_time=NOON + MINUTE, message="now"),
        event(1, count=3, message="before"),
    )
    store.put(batch(added(now, 90)))
    store.put(batch(added(before, 30), stream="import"))
    assert_unchanged(store, 1, now.uid)
    assert store.reader.event(now.uid).event.message == "now"


def test_a_restored_cluster_with_smaller_versions_stores_nothing(store: Store) -> None:
    store.put(batch(added(event(1, count=2), 900)))
    store.put(batch(added(event(1, count=2), 17)))
    assert_unchanged(store, 1, event(1).uid)


def test_what_the_restored_cluster_goes_on_to_count_is_stored(store: Store) -> None:
    store.put(batch(added(event(1, count=5), 900)))
    store.put(batch(added(event(1, count=3), 17), modified(event(1, count=4, last_time=NOON + MINUTE), 18)))
    assert [(e.event.count, e.occurrences) for e in store.reader.changes(0, 10)] == [(5, 5), (4, 0)]


def test_an_event_that_the_cluster_deletes_is_kept(store: Store, clock: Clock) -> None:
    store.put(batch(added(event(1), 1)))
    clock.now += 2 * HOUR
    store.put(batch(deleted(event(1), 2), position="2"))
    assert_unchanged(store, 1, event(1).uid)


def test_an_event_known_only_by_its_deletion_is_stored(store: Store) -> None:
    store.put(batch(deleted(event(1), 2)))
    assert_unchanged(store, 1, event(1).uid)


def test_an_event_forgotten_by_the_cluster_is_found_again(store: Store, clock: Clock) -> None:
    """Deleted, restarted, a week gone by: a restored cluster lists it, an import brings it, it is counted up."""
    store.put(batch(added(event(1), 5)))
    clock.now += 2 * HOUR
    store.put(batch(deleted(event(1), 6)))
    clock.now += 8 * DAY
    store.restart()
    store.put(batch(added(event(1), 5)))
    store.put(batch(added(event(1), 5), stream="import"))
    store.put(batch(deleted(event(1), 6)))
    assert_unchanged(store, 1, event(1).uid)
    store.put(batch(modified(event(1, count=2, last_time=clock.now), 7)))
    assert_unchanged(store, 2, event(1).uid)
    assert len(store.reader.event(event(1).uid).occurrences) == 2


def test_a_fresh_event_deleted_and_listed_again_is_not_stored_twice(store: Store, clock: Clock) -> None:
    """Somebody deletes all events, then restores the cluster from a backup of five minutes before."""
    store.put(batch(added(event(1), 5)))
    clock.now += 5 * MINUTE
    store.put(batch(deleted(event(1), 6)))
    store.put(batch(added(event(1), 5)))
    assert_unchanged(store, 1, event(1).uid)


def test_an_everyday_new_event_costs_no_search(store: Store, clock: Clock) -> None:
    """`live` alone tells that a fresh event is new; an old one that a list brings is searched for."""
    searches: list[str] = []
    store.put(batch(added(event(0), 1)))
    store.writer._connection.set_trace_callback(
        lambda sql: searches.append(sql) if " MATCH " in sql else None
    )
    store.put(batch(*(added(event(n, last_time=clock.now - n * MINUTE), 5) for n in range(1, 40))))
    assert searches == []
    store.put(batch(added(event(50, first_time=NOON - 2 * HOUR, last_time=NOON - 2 * HOUR), 5)))
    store.writer._connection.set_trace_callback(None)
    assert len(searches) == 1


def test_a_time_from_the_future_is_recognized_too(store: Store, clock: Clock) -> None:
    """It stands where it arrived, far before its own first time."""
    state = event(1, first_time=NOON + 900 * DAY, last_time=NOON + 900 * DAY)
    store.put(batch(added(state, 5), stream="import"))
    with_live_empty(store)
    store.put(batch(added(state, 5), stream="import"))
    assert_unchanged(store, 1, state.uid)


def test_a_large_import_of_what_is_there_is_recognized(store: Store) -> None:
    states = [event(n, first_time=NOON - n * HOUR, last_time=NOON - n * HOUR) for n in range(1, 1200)]
    store.put(batch(*(added(state) for state in states), stream="import"))
    with_live_empty(store)
    store.put(batch(*(added(state) for state in states), stream="import"))
    assert store.writer.status().seq == len(states)


def with_live_empty(store: Store) -> None:
    """As after a week without the center."""
    import sqlite3

    store.close()
    connection = sqlite3.connect(store.path)
    with connection:
        connection.execute("DELETE FROM live")
    connection.close()
    store.open()
