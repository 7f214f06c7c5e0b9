"""Where a time begins in the log of changes: against looking at every change, also where the log is sampled."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventcenter.store import changes

HOUR = 3_600_000
BASE = 1_795_435_200_000


def log_of(times: list[int], gaps: frozenset[int] = frozenset()) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE change (seq INTEGER PRIMARY KEY, time INTEGER, placed INTEGER)")
    connection.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY)")
    rows = [(seq, time, None) for seq, time in enumerate(times, start=1) if seq not in gaps]
    connection.executemany("INSERT INTO change VALUES (?, ?, ?)", rows)
    connection.execute("INSERT INTO meta VALUES ('seq', ?)", (len(times),))
    return connection


def looked_for(connection: sqlite3.Connection, time: int) -> int:
    """The number before the first change of that time or later, by looking at every one."""
    for seq, when, placed in connection.execute("SELECT * FROM change ORDER BY seq"):
        if (when if placed is None else placed) >= time // 1000 * 1000:
            return int(seq) - 1
    (newest,) = connection.execute("SELECT value FROM meta").fetchone()
    return int(newest)


@given(
    st.lists(st.integers(0, 50_000), max_size=40),
    st.integers(-1000, 51_000),
    st.frozensets(st.integers(1, 40)),
)
@settings(max_examples=200, deadline=None)
def test_any_log_is_looked_through(times: list[int], time: int, gaps: frozenset[int]) -> None:
    connection = log_of([BASE + when for when in times], gaps)
    assert changes.before_time(connection, BASE + time) == looked_for(connection, BASE + time)
    connection.close()


@given(
    st.lists(st.integers(0, 30 * 60_000), min_size=1, max_size=400),
    st.dictionaries(st.integers(0, 399), st.integers(-90 * 24 * HOUR, HOUR), max_size=60),
    st.integers(-2 * HOUR, 200 * HOUR),
)
@settings(max_examples=300, deadline=None)
def test_a_sampled_log_of_a_watch_misses_nothing(steps: list[int], odd: dict[int, int], time: int) -> None:
    """Arrivals go on; a minority of changes is late, by days, or ahead, by an hour at most."""
    arrived, times = BASE, []
    for number, step in enumerate(steps):
        arrived += step
        late = odd.get(number, 0) if number % 8 == 0 or odd.get(number, 0) > 0 else 0
        times.append(arrived + late)
    connection = log_of(times)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(changes, "EXACT", 0)
        patch.setattr(changes, "SAMPLES", 25)
        patch.setattr(changes, "RUN", 4)
        found = changes.before_time(connection, BASE + time)
    assert all(when < BASE + time // 1000 * 1000 for when in times[:found])
    connection.close()


def test_a_late_change_at_a_sample_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "EXACT", 0)
    monkeypatch.setattr(changes, "SAMPLES", 10)
    times = [BASE + number * 60_000 for number in range(1000)]
    for late in range(0, 1000, 100):  # where the samples fall
        for number in range(late, min(late + 5, 1000)):
            times[number] -= 48 * HOUR
    connection = log_of(times)
    for number in range(5, 1000, 7):
        if times[number] >= BASE:
            assert changes.before_time(connection, times[number]) == number
    connection.close()


def test_a_time_far_ahead_counts_as_its_arrival() -> None:
    connection = log_of([BASE, BASE + HOUR])
    connection.execute("INSERT INTO change VALUES (3, ?, ?)", (BASE + 900 * HOUR, BASE + 2 * HOUR))
    connection.execute("UPDATE meta SET value = 3")
    assert changes.before_time(connection, BASE + 2 * HOUR) == 2
    assert changes.before_time(connection, BASE + 3 * HOUR) == 3
    connection.close()


def test_an_empty_log_begins_at_its_end() -> None:
    connection = log_of([1, 2, 3], frozenset({1, 2, 3}))
    assert changes.before_time(connection, 0) == 3
    connection.close()
