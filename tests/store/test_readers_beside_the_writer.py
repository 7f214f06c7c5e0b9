"""Reads in many threads while events are written: each sees one whole state, never half a transaction."""

from __future__ import annotations

import threading
import time
from datetime import UTC

from eventcenter.store import open_reader
from tests.store.conftest import Store
from tests.store.made import DAY, EVERYTHING, NOON, added, batch, event, modified, search


def test_every_reading_is_one_whole_state(store: Store) -> None:
    """Each transaction counts all twenty events up by one: whoever sees different counts saw half of one."""
    store.put(batch(*(added(event(n), n) for n in range(20))))
    done, wrong = threading.Event(), []

    def read() -> None:
        while not done.is_set():
            listed = {found.count for found in store.reader.list_events(EVERYTHING).events}
            found = store.reader.list_events(search("container", limit=1000)).events
            total = store.reader.overview(NOON - DAY, NOON + DAY, UTC, NOON).totals.total
            log = len(store.reader.changes(0, 100_000))
            count = store.reader.event(event(7).uid)
            steps = [entry.count for entry in count.occurrences]
            if len(listed) != 1 or len(found) != 20 or len({item.count for item in found}) != 1:
                wrong.append((listed, len(found)))
            if total % 20 or log % 20 or steps != list(range(1, count.event.count + 1)):
                wrong.append((total, log, steps))

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for step in range(2, 40):
        changes = (
            modified(event(n, count=step, last_time=NOON + step * 1000), 100 * step + n) for n in range(20)
        )
        store.put(batch(*changes))
    done.set()
    for thread in threads:
        thread.join(20)
    assert wrong == []


def test_waiting_for_a_change(store: Store) -> None:
    store.put(batch(added(event(1))))
    assert store.writer.signal.wait(0, 5.0) == 1
    began = time.monotonic()
    assert store.writer.signal.wait(1, 0.05) == 1
    assert time.monotonic() - began >= 0.05
    answers: list[int] = []
    thread = threading.Thread(target=lambda: answers.append(store.writer.signal.wait(1, 20.0)))
    thread.start()
    store.put(batch(added(event(2))))
    thread.join(20)
    assert answers == [2]


def test_a_reader_of_another_process_notices_a_change(store: Store) -> None:
    reader = open_reader(store.directory, "default")
    answers: list[int] = []
    thread = threading.Thread(target=lambda: answers.append(reader.wait_for_change(0, 20.0)))
    thread.start()
    store.put(batch(added(event(1))))
    thread.join(20)
    assert answers == [1]
    assert reader.wait_for_change(1, 0.0) == 1
    reader.close()


def test_more_strings_than_are_cached(store: Store) -> None:
    """The caches of interned strings are emptied when they are full; threads that read just then are not disturbed."""
    from eventcenter.store import terms

    kept = terms.CACHE_SIZE
    terms.CACHE_SIZE = 10
    try:
        store.put(batch(*(added(event(n, reason=f"Reason{n}", namespace=f"ns-{n}")) for n in range(200))))
        wrong: list[object] = []

        def read() -> None:
            for _ in range(20):
                for found in store.reader.list_events(EVERYTHING).events:
                    if found.reason.removeprefix("Reason") != found.namespace.removeprefix("ns-"):
                        wrong.append(found)

        threads = [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert wrong == []
    finally:
        terms.CACHE_SIZE = kept
