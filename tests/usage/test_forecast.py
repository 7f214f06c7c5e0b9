"""Growth, the size that a store settles at, a full disk, other retentions: from made-up days and a driven clock."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from eventcenter.model import Retention
from eventcenter.sizing import Cost, forecast
from eventcenter.usage import Amount, DayUsage, Space, Usage, added_up
from tests.store.made import DAY, HOUR, NOON, Clock, added, batch, event

MIDNIGHT = NOON // DAY * DAY
KB = 1000
NINETY = Retention(normal_ms=90 * DAY, warning_ms=90 * DAY)


def usage(
    normal: list[int], warning: list[int] | None = None, *, room: int = 10**12, now: int = NOON
) -> Usage:
    """Events a day, the last of them today; an event takes 1 kB."""
    history = []
    for at, (some, more) in enumerate(zip(normal, warning or [0] * len(normal), strict=True)):
        levels = {"Normal": Amount(some, 2 * some, some * KB), "Warning": Amount(more, more, more * KB)}
        history.append(DayUsage(now // DAY * DAY - (len(normal) - 1 - at) * DAY, levels))
    total = {
        level: added_up(day.levels[level] for day in history)
        for level in (("Normal", "Warning") if history else ())
    }
    used = added_up(total.values()).bytes
    return Usage(
        now=now,
        space=Space(file=used, used=used, disk_free=room, disk_total=2 * room),
        total=total,
        since=history[0].time if history else None,
        history=history,
        days=history,
        namespaces=[],
        reasons=[],
        kinds=[],
        pairs=[],
        pairs_from=MIDNIGHT,
    )


def of(costs: list[Cost], normal: int, warning: int) -> Cost:
    return next(c for c in costs if (c.kept.normal_ms, c.kept.warning_ms) == (normal * DAY, warning * DAY))


def test_growth_compares_the_last_seven_whole_days_with_the_seven_before() -> None:
    growth = forecast(usage([5, *[100] * 7, *[150] * 7, 40]), NINETY).growth
    assert growth.week is not None and growth.before is not None
    assert (growth.week.events, growth.before.events, growth.days) == (150, 100, 7)
    assert (growth.week.bytes, growth.week.occurrences) == (150 * KB, 300)
    assert growth.change == pytest.approx(0.5)


def test_a_young_store_is_measured_by_the_whole_days_that_it_has() -> None:
    growth = forecast(usage([5, 100, 200, 40]), NINETY).growth
    assert growth.week is not None and growth.before is None
    assert (growth.week.events, growth.days, growth.change) == (150, 2, None)


def test_on_the_first_day_it_is_what_has_come_so_far() -> None:
    found = forecast(usage([50]), NINETY)
    assert found.growth.week is not None
    assert (found.growth.week.events, found.growth.days) == (100, 0.5)
    assert found.settled is not None and found.settled.events == 9000


def test_within_the_first_hour_nothing_is_told() -> None:
    found = forecast(usage([50], now=MIDNIGHT + HOUR - 1), NINETY)
    assert (found.growth.week, found.settled, found.full_in_days, found.alternatives) == (
        None,
        None,
        None,
        [],
    )


def test_an_empty_store_tells_nothing() -> None:
    found = forecast(usage([]), NINETY)
    assert (found.growth.week, found.settled, found.full_in_days, found.alternatives) == (
        None,
        None,
        None,
        [],
    )


def test_days_that_retention_has_thinned_are_not_counted() -> None:
    """Normal events are kept for 3 days: the 4 days before have none, and say nothing about what comes."""
    kept = Retention(normal_ms=3 * DAY, warning_ms=90 * DAY)
    found = forecast(usage([0] * 12 + [40, 100, 100, 60], [10] * 16), kept)
    assert found.settled is not None
    assert found.settled.events == 3 * 100 + 90 * 10
    assert found.growth.before is None


def test_another_retention_costs_by_level() -> None:
    costs = forecast(usage([100] * 10, [10] * 10), NINETY).alternatives
    assert of(costs, 90, 90).bytes == 90 * 110 * KB
    assert of(costs, 30, 90).bytes == (30 * 100 + 90 * 10) * KB
    assert of(costs, 7, 7).events == 770


def test_an_unknown_level_stays_as_long_as_the_longer() -> None:
    made = usage([100] * 10)
    total = {"Odd": made.total["Normal"]}
    history = [DayUsage(day.time, {"Odd": day.levels["Normal"]}) for day in made.history]
    odd = msgspec.structs.replace(made, total=total, history=history)
    assert of(forecast(odd, NINETY).alternatives, 30, 90).events == 9000


def test_what_does_not_fit_is_said() -> None:
    costs = forecast(usage([100] * 10, room=5000 * KB), NINETY).alternatives
    assert [of(costs, days, days).fits for days in (7, 30, 60, 90)] == [True, True, True, False]


def test_the_disk_fills_in_as_many_days_as_there_is_room_for() -> None:
    assert forecast(usage([100] * 10, room=2050 * KB), NINETY).full_in_days == 20
    assert forecast(usage([100] * 10, room=50 * KB), NINETY).full_in_days == 0


def test_a_store_that_has_settled_never_fills_the_disk() -> None:
    kept = Retention(normal_ms=9 * DAY, warning_ms=9 * DAY)
    assert forecast(usage([100] * 10, room=50 * KB), kept).full_in_days is None


def test_a_growing_store_fills_the_disk_although_old_days_go() -> None:
    """Each day 200 kB come and 100 kB go."""
    kept = Retention(normal_ms=20 * DAY, warning_ms=20 * DAY)
    assert forecast(usage([100] * 13 + [200] * 8, room=550 * KB), kept).full_in_days == 5


def test_what_a_shortened_retention_deletes_first_is_room_again() -> None:
    kept = Retention(normal_ms=8 * DAY, warning_ms=8 * DAY)
    assert forecast(usage([100] * 60, room=0), kept).full_in_days is None


def test_the_largest_size_is_what_it_settles_at() -> None:
    kept = Retention(normal_ms=90 * DAY, warning_ms=90 * DAY, max_bytes=3000 * KB)
    found = forecast(usage([100] * 10, room=5000 * KB), kept)
    assert found.settled is not None
    assert (found.settled.bytes, found.settled.events, found.full_in_days) == (3000 * KB, 3000, None)


def test_it_forecasts_what_the_store_comes_to(store: Any, clock: Clock) -> None:
    """20 events a day for nine days; the size of an event is that of the file."""
    for n in range(9):
        when = NOON - (8 - n) * DAY
        more = (event(100 * n + m, first_time=when, last_time=when) for m in range(20))
        store.put(batch(*map(added, more)))
    found = forecast(
        store.reader.usage(0, NOON + 1, NOON, 10), Retention(normal_ms=30 * DAY, warning_ms=30 * DAY)
    )
    assert found.growth.week is not None and found.settled is not None
    assert found.growth.week.events == 20
    assert found.settled.events == 600
    assert found.settled.bytes == pytest.approx(found.growth.week.bytes * 30, rel=0.01)
