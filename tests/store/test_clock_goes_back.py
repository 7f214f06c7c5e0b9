"""Our clock jumps back and forth while the cluster's goes on, with restarts between: what the overview shows is what
counting the occurrences says, and events stand in the order of the times that are believed."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.made import DAY, EVERYTHING, HOUR, MINUTE, NOON, Clock, added, batch, event

QUARTER = 15 * MINUTE

steps = st.lists(
    st.tuples(
        st.integers(1, 5 * 60),  # minutes that pass
        st.one_of(st.just(0), st.integers(-47, 1)),  # hours by which our clock is wrong then
        st.integers(1, 5),  # occurrences
        st.booleans(),  # a restart before
    ),
    min_size=2,
    max_size=25,
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps)
def test_what_is_shown_is_what_is_counted(
    open_store: Callable[..., Any], clock: Clock, todo: list[tuple[int, int, int, bool]]
) -> None:
    clock.now = time = latest = NOON
    places: list[int] = []
    counts: list[int] = []
    with tempfile.TemporaryDirectory() as directory:
        store = open_store(Path(directory))
        try:
            store.put(batch(position="1"))
            for number, (minutes, wrong, count, restart) in enumerate(todo):
                if restart:
                    store.restart()
                time += minutes * MINUTE
                clock.now = time + wrong * HOUR
                # Less than two days back is an error of our clock, until it shows the latest time again.
                latest = max(latest, clock.now)
                store.put(
                    batch(
                        added(event(number, count=count, first_time=time, last_time=time), number + 2),
                        position=str(number + 2),
                    )
                )
                # An hour ahead of that the cluster's clock is the wrong one.
                places.append(time if time <= latest + HOUR else latest)
                counts.append(count)
            expected: Counter[int] = Counter()
            for place, count in zip(places, counts, strict=True):
                expected[place // QUARTER] += count
            shown = {
                quarter: store.reader.overview(
                    quarter * QUARTER, (quarter + 1) * QUARTER, UTC, time
                ).totals.total
                for quarter in expected
            }
            total = store.reader.overview(0, time + 3 * DAY, UTC, time).totals.total
            names = [found.name for found in store.reader.list_events(EVERYTHING).events]
        finally:
            store.close()
    assert shown == expected
    assert total == sum(expected.values())
    in_order = sorted(range(len(todo)), key=lambda number: (places[number], number), reverse=True)
    assert names == [f"web-{number}" for number in in_order]
