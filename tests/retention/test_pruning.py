"""What the policy does not keep goes: events, changes, roll-ups, words; nothing else does."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from eventcenter.store import retention
from eventcenter.store.removal import Space
from eventcenter.store.retention import Policy, Pruner
from eventcenter.store.schema import day_of, first_place
from tests.retention.looking import assert_sound, names, places, tables
from tests.store.made import DAY, HOUR, NOON, Clock, added, batch, event, modified, search


def at(number: int, time: int, **fields: Any) -> Any:
    return added(event(number, first_time=time, last_time=time, **fields))


def days(*numbers: int) -> list[str]:
    return sorted(f"words_{day_of(first_place(NOON - number * DAY))}" for number in numbers)


@pytest.fixture
def prune(store: Any, clock: Clock) -> Any:
    return lambda normal, warning=None, **more: Pruner(store.writer.call, clock).run(
        Policy(normal, normal if warning is None else warning, **more)
    )


def test_events_older_than_the_retention_go_with_all_that_hangs_on_them(store: Any, prune: Any) -> None:
    store.put(batch(*(at(n, NOON - n * DAY + n, count=n + 1) for n in range(6))))
    store.put(batch(modified(event(4, first_time=NOON - 4 * DAY, last_time=NOON - 4 * DAY + 5, count=9))))
    done = prune(3 * DAY)
    assert (done.events, done.changes, done.undelivered) == (2, 3, 0)
    assert names(store) == {"web-0", "web-1", "web-2", "web-3"}
    assert names(store, search("started")) == names(store)
    assert_sound(store)
    assert prune(3 * DAY).events == 0


def test_the_table_of_a_day_goes_with_its_last_event(store: Any, prune: Any) -> None:
    store.put(batch(at(1, NOON - 3 * DAY), at(2, NOON - 2 * DAY), at(3, NOON)))
    assert prune(2 * DAY - HOUR).days == 1  # of the second day more may come
    assert names(store) == {"web-3"}
    assert tables(store) == days(2, 0)
    assert prune(DAY).days == 1
    assert tables(store) == days(0)
    assert_sound(store)


def test_warnings_can_be_kept_longer(store: Any, prune: Any) -> None:
    levels = ("Normal", "Warning", "Odd")
    store.put(batch(*(at(n, NOON - (n // 3) * 10 * DAY, level=levels[n % 3]) for n in range(18))))
    done = prune(15 * DAY, 35 * DAY)
    kept = {
        f"web-{n}"
        for n in range(18)
        if (n // 3) * 10 <= (15 if levels[n % 3] == "Normal" else 35)  # an odd level stays as the longer
    }
    assert names(store) == kept
    assert names(store, search("started")) == kept
    assert done.events == 18 - len(kept)
    assert tables(store) == days(0, 10, 20, 30)
    assert_sound(store)


def test_normals_can_be_kept_longer(store: Any, prune: Any) -> None:
    store.put(batch(*(at(n, NOON - n * DAY, level=("Normal", "Warning")[n % 2]) for n in range(10))))
    prune(8 * DAY, 2 * DAY)
    assert names(store) == {"web-0", "web-1", "web-2", "web-4", "web-6", "web-8"}
    assert tables(store) == days(0, 1, 2, 4, 6, 8)
    assert_sound(store)


def test_the_oldest_go_until_the_file_is_small_enough(
    store: Any, prune: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "LARGEST", 50)
    for day in range(8):
        store.put(
            batch(*(at(500 * day + n, NOON - day * DAY - n, message=f"{n} " * 200) for n in range(300)))
        )
    used = store.writer.call(Space).used_bytes
    prune(90 * DAY, max_bytes=used * 6 // 10)
    after = store.writer.call(Space)
    assert used * 4 // 10 < after.used_bytes <= used * 6 // 10
    assert after.file_bytes <= used * 6 // 10, "free pages are given back too"
    left = {int(name.removeprefix("web-")) // 500 for name in places(store)}
    assert left == set(range(max(left) + 1)), "the newest stay"
    assert_sound(store)


def test_the_last_two_days_stay_however_small_the_size(store: Any, prune: Any) -> None:
    store.put(batch(*(at(n, NOON - n * DAY) for n in range(5))))
    prune(90 * DAY, max_bytes=1)
    assert names(store) == {"web-0", "web-1", "web-2"}
    assert_sound(store)


def test_what_a_sink_has_not_delivered_stays_for_a_while(
    store: Any, prune: Any, caplog: pytest.LogCaptureFixture
) -> None:
    store.put(batch(*(at(n, NOON - n * DAY) for n in range(6, 0, -1))))  # web-6 is change 1
    store.writer.call(lambda c: c.execute("INSERT INTO cursor VALUES ('kafka', 'sink', 2, 0)"))
    done = prune(2 * DAY, undelivered_ms=2 * DAY)
    # web-6 and web-5 are delivered; web-3 and web-4 wait for the sink.
    assert names(store) == {"web-1", "web-2", "web-3", "web-4"}
    assert (done.events, done.undelivered) == (2, 0)
    with caplog.at_level(logging.WARNING):
        done = prune(2 * DAY, undelivered_ms=DAY)
    assert names(store) == {"web-1", "web-2", "web-3"}
    assert (done.events, done.undelivered) == (1, 1)
    assert "has not delivered events=1" in caplog.text
    store.writer.call(lambda c: c.execute("UPDATE cursor SET seq = 100"))
    assert prune(2 * DAY).undelivered == 0
    assert names(store) == {"web-1", "web-2"}
    assert_sound(store)


def test_an_event_that_still_counts_up_after_its_row_went_is_one_event(
    store: Any, prune: Any, clock: Clock
) -> None:
    store.put(batch(at(1, NOON - 3 * DAY, count=100)))
    prune(2 * DAY)
    assert names(store) == set()
    store.put(batch(modified(event(1, first_time=NOON - 3 * DAY, count=103))))
    (change,) = store.reader.changes(0, 10)
    assert change.occurrences == 3, "not the hundred that were counted and deleted"
    assert_sound(store)
    clock.now += 3 * DAY
    prune(2 * DAY)
    assert store.reader.changes(0, 10) == []
    assert_sound(store)


def test_an_event_that_comes_late_for_a_day_that_is_being_dropped(store: Any, prune: Any) -> None:
    store.put(batch(at(1, NOON - 5 * DAY, message="early")))
    pruner = Pruner(store.writer.call, lambda: NOON)
    pruner._forget_days = lambda before: store.writer.call(  # type: ignore[method-assign]
        lambda c: retention.removal.forget_empty_days(c, before)
    )
    pruner.run(Policy(2 * DAY, 2 * DAY))
    assert tables(store) == days(5), "as after a crash before the table was dropped"
    store.put(batch(at(2, NOON - 5 * DAY, message="late")))
    assert names(store, search("late")) == {"web-2"}
    assert names(store, search("early")) == set()
    prune(2 * DAY)
    assert tables(store) == []
    assert_sound(store)


def test_free_space_is_given_back_when_the_retention_was_shortened(
    store: Any, prune: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "FREE_BYTES", 0)
    for day in range(10):
        store.put(batch(*(at(500 * day + n, NOON - day * DAY, message="x" * 900) for n in range(200))))
    full = store.writer.call(Space).file_bytes
    prune(3 * DAY)
    space = store.writer.call(Space)
    assert space.file_bytes < full * 0.6
    assert space.free <= space.pages * 0.2
    assert_sound(store)


def test_words_of_events_that_went_from_among_others_leave_the_disk(store: Any, prune: Any) -> None:
    events = [
        at(n, NOON - 5 * DAY, level=("Normal", "Warning")[n % 9 == 0], message=f"{n} " * 300)
        for n in range(300)
    ]
    store.put(batch(*events))
    (table,) = days(5)

    def words() -> int:
        sql = f"SELECT sum(length(block)) FROM {table}_data"
        return int(store.writer.call(lambda c: c.execute(sql).fetchone()[0]))

    full = words()
    prune(3 * DAY, 9 * DAY)
    assert words() < full * 0.3
    assert_sound(store)
