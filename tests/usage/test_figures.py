"""What `usage` reads from the roll-ups is what counting the events themselves gives."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from eventcenter.model import Event
from eventcenter.store.removal import Space
from eventcenter.store.retention import Policy, Pruner
from eventcenter.usage import Amount, NamedUsage, Usage, added_up
from tests.store.made import DAY, NOON, Clock, added, batch, event, modified

DAYS = 12


def some_events(seed: int = 3) -> list[Event]:
    chance = random.Random(seed)
    made = []
    for n in range(400):
        when = NOON - chance.randrange(DAYS * DAY)
        made.append(
            event(
                n,
                level=chance.choice(["Normal", "Normal", "Warning", "Odd"]),
                reason=chance.choice(["BackOff", "Started", "FailedMount"]),
                namespace=chance.choice(["shop", "pay", ""]),
                kind=chance.choice(["Pod", "Node"]),
                message="x" * chance.randrange(10, 900),
                count=chance.randrange(1, 9),
                first_time=when,
                last_time=when,
            )
        )
    return made


def read(store: Any, since: int = 0, until: int = NOON + DAY, limit: int = 1000) -> Usage:
    usage: Usage = store.reader.usage(since, until, NOON, limit)
    return usage


def day(made: Event) -> int:
    return made.last_time // DAY * DAY


def counted(events: list[Event], of: Callable[[Event], Any]) -> dict[Any, tuple[int, int]]:
    many, times = Counter(map(of, events)), Counter[Any]()
    for made in events:
        times[of(made)] += made.count
    return {value: (many[value], times[value]) for value in many}


def named(entries: list[NamedUsage]) -> dict[str, tuple[int, int]]:
    return {entry.value: figures(entry.amount) for entry in entries}


def figures(amount: Amount) -> tuple[int, int]:
    return amount.events, amount.occurrences


def assert_counted(usage: Usage, events: list[Event]) -> None:
    by_day = {
        (each.time, level): figures(amount) for each in usage.days for level, amount in each.levels.items()
    }
    assert by_day == counted(events, lambda made: (day(made), made.level))
    assert named(usage.namespaces) == counted(events, lambda made: made.namespace)
    assert named(usage.reasons) == counted(events, lambda made: made.reason)
    assert named(usage.kinds) == counted(events, lambda made: made.kind)
    recent = [made for made in events if made.last_time >= usage.pairs_from]
    pairs = {(pair.namespace, pair.reason): figures(pair.amount) for pair in usage.pairs}
    assert pairs == counted(recent, lambda made: (made.namespace, made.reason))


def test_the_figures_are_those_of_counting(store: Any) -> None:
    events = some_events()
    store.put(batch(*map(added, events)))
    usage = read(store)
    assert_counted(usage, events)
    assert {level: figures(amount) for level, amount in usage.total.items()} == counted(
        events, lambda made: made.level
    )
    assert usage.pairs_from == NOON // DAY * DAY - 6 * DAY
    assert usage.since == min(made.last_time for made in events) // 900_000 * 900_000


def test_a_range_counts_the_whole_days_that_it_touches(store: Any) -> None:
    events = some_events()
    store.put(batch(*map(added, events)))
    since, until = NOON - 5 * DAY, NOON - 2 * DAY
    inside = [made for made in events if since // DAY * DAY <= made.last_time < until // DAY * DAY + DAY]
    usage = read(store, since, until)
    assert_counted(usage, inside)
    assert len(usage.days) == 4
    assert sum(amount.events for amount in usage.total.values()) == len(events)


def test_they_are_still_so_after_pruning(store: Any, clock: Clock) -> None:
    events = some_events()
    store.put(batch(*map(added, events)))
    Pruner(store.writer.call, clock).run(Policy(3 * DAY, 7 * DAY))
    kept = {"Normal": 3 * DAY}
    assert_counted(read(store), [e for e in events if e.last_time >= NOON - kept.get(e.level, 7 * DAY)])


def test_a_counted_up_event_stands_at_its_new_day_and_leaves_its_occurrences(store: Any) -> None:
    store.put(batch(added(event(1, count=2, first_time=NOON - DAY, last_time=NOON - DAY))))
    store.put(batch(modified(event(1, count=7, first_time=NOON - DAY, last_time=NOON))))
    yesterday, today = read(store).days
    assert (figures(yesterday.amount), figures(today.amount)) == ((0, 2), (1, 5))


def test_bytes_add_up_to_what_the_file_uses_and_larger_events_have_more(store: Any) -> None:
    small = [event(n, reason="Small", message="m") for n in range(200)]
    large = [event(1000 + n, reason="Large", message=os.urandom(900).hex()) for n in range(200)]
    store.put(batch(*map(added, small + large)))
    usage = read(store)
    used = store.writer.call(Space).used_bytes
    assert 0 <= used - added_up(usage.total.values()).bytes < 10
    sizes = {entry.value: entry.amount.bytes for entry in usage.reasons}
    assert sizes["Large"] > 4 * sizes["Small"]
    assert sum(entry.share for entry in usage.reasons) == pytest.approx(1)
    pairs = {pair.reason: pair.amount.bytes for pair in usage.pairs}
    assert pairs == pytest.approx(sizes, abs=2)


def test_the_disk_and_the_file_are_told(store: Any) -> None:
    store.put(batch(added(event(1))))
    space, disk = read(store).space, os.statvfs(store.path.parent)
    assert space.disk_total == disk.f_blocks * disk.f_frsize
    assert 0 < space.used <= space.file
    assert space.room == space.free + space.disk_free


def test_days_without_events_are_there(store: Any) -> None:
    store.put(batch(*(added(event(n, first_time=NOON - n * DAY, last_time=NOON - n * DAY)) for n in (0, 4))))
    assert [each.amount.events for each in read(store).days] == [1, 0, 0, 0, 1]


def test_an_event_of_1970_does_not_make_twenty_thousand_days(store: Any) -> None:
    store.put(batch(added(event(1, first_time=0, last_time=0)), added(event(2))))
    assert len(read(store).days) == 3660


def test_nothing_stored_is_no_days(store: Any) -> None:
    usage = read(store)
    assert (usage.days, usage.total, usage.since, usage.namespaces, usage.pairs) == ([], {}, None, [], [])


def test_lists_are_as_long_as_asked(store: Any) -> None:
    store.put(batch(*map(added, some_events())))
    usage = read(store, limit=2)
    assert [len(usage.namespaces), len(usage.reasons), len(usage.kinds), len(usage.pairs)] == [2, 2, 2, 2]
    assert sum(entry.share for entry in usage.namespaces) < 1, "shares are of everything"


def test_the_events_themselves_are_not_read(store: Any) -> None:
    """So that it is as quick with 22.5 million of them."""
    store.put(batch(*map(added, some_events())))
    seen: list[str] = []
    with store.reader._connection() as connection:
        connection.set_trace_callback(seen.append)
    read(store)
    with store.reader._connection() as connection:
        connection.set_trace_callback(None)
    assert seen and not [sql for sql in seen if " event " in sql or "change" in sql or "words" in sql]
