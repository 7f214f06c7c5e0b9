"""What is kept goes with its event, and never grows beyond its room."""

from __future__ import annotations

import os

from eventcenter.containerlogs import KeptLog
from eventcenter.store import CrashLogTable
from eventcenter.store.retention import Policy, Pruner
from tests.crashlogs.made import batch, crash
from tests.store.conftest import Store
from tests.store.made import DAY, NOON, Clock


def kept(text: str = "the end", time: int = NOON) -> KeptLog:
    return KeptLog(container="web", run="c://1", previous=True, time=time, text=text, truncated=False)


def seqs(store: Store) -> list[int]:
    return [change.event.seq for change in store.reader.changes(0, 100)]


def rows(store: Store) -> int:
    count = store.reader.read(
        lambda connection: connection.execute("SELECT count(*) FROM crash_log").fetchone()[0]
    )
    return int(count)


def test_it_is_there_at_every_change_of_its_event_and_after_a_restart(
    store: Store, table: CrashLogTable
) -> None:
    store.put(batch(crash()))
    (first,) = seqs(store)
    table.keep(first, kept("käse\x00 ‮ 中"))
    store.put(batch(crash(count=2), version=2))
    store.restart()
    after = CrashLogTable(store.writer.call, store.reader, 10**6)
    assert after.of_event(first) == after.of_event(seqs(store)[-1]) == kept("käse\x00 ‮ 中")


def test_the_newest_of_an_event_is_kept(store: Store, table: CrashLogTable) -> None:
    store.put(batch(crash()))
    (seq,) = seqs(store)
    table.keep(seq, kept("first"))
    table.keep(seq, kept("second"))
    assert (found := table.of_event(seq)) is not None and found.text == "second"
    assert rows(store) == 1


def test_nothing_is_kept_of_an_event_that_is_gone(store: Store, table: CrashLogTable) -> None:
    table.keep(77, kept())
    assert rows(store) == 0 and table.of_event(77) is None


def test_the_oldest_go_first_when_there_is_no_room(store: Store) -> None:
    small = CrashLogTable(store.writer.call, store.reader, 5_000)
    store.put(batch(*(crash(number) for number in range(5))))
    for age, seq in enumerate(seqs(store)):
        small.keep(seq, kept(os.urandom(1_000).hex(), NOON + age))  # about 1 100 bytes each
    there = [small.of_event(seq) is not None for seq in seqs(store)]
    assert there == [False, True, True, True, True]


def test_it_is_deleted_with_its_event(store: Store, table: CrashLogTable, clock: Clock) -> None:
    store.put(batch(crash(0, last_time=NOON - 10 * DAY, first_time=NOON - 10 * DAY), crash(1)))
    for seq in seqs(store):
        table.keep(seq, kept())
    Pruner(store.writer.call, clock).run(Policy(normal_ms=5 * DAY, warning_ms=5 * DAY))
    assert rows(store) == 1
