"""Looks are spread over time and keep their pace."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npd.checks.schedule import Schedule


def starts(
    periods: dict[str, float], until: float, seed: str = "", step: float = 0.05
) -> list[tuple[float, str]]:
    schedule = Schedule(periods, 0.0, seed)
    found = []
    for tick in range(int(until / step)):
        now = tick * step
        while (name := schedule.take(now)) is not None:
            found.append((now, name))
    return found


@given(st.text(max_size=10))
@settings(max_examples=25)
def test_ten_checks_of_30s_never_start_more_than_two_a_second(seed: str) -> None:
    found = starts({f"c{n}": 30.0 for n in range(10)}, 120.0, seed)

    times = [at for at, _ in found]
    assert all(later - earlier >= 1.0 for earlier, later in zip(times, times[2:], strict=False))
    for wanted in {name for _, name in found}:
        own = [at for at, name in found if name == wanted]
        assert len(own) >= 3
        assert all(later - earlier == pytest.approx(30, abs=0.2) for earlier, later in pairwise(own))


def test_mixed_periods_share_the_seconds_too() -> None:
    periods = {f"a{n}": 10.0 for n in range(5)} | {f"b{n}": 30.0 for n in range(15)} | {"c": 3600.0}
    found = starts(periods, 300.0)

    times = [at for at, _ in found]
    assert all(later - earlier >= 1.0 for earlier, later in zip(times, times[2:], strict=False))
    counts = Counter(name for _, name in found)
    assert all(counts[f"a{n}"] == 30 for n in range(5)) and all(counts[f"b{n}"] == 10 for n in range(15))


def test_every_check_is_looked_at_soon_after_the_start() -> None:
    found = starts({"day": 86_400.0, "hour": 3600.0, "often": 10.0}, 31.0)

    assert {name for _, name in found} == {"day", "hour", "often"}


def test_nodes_do_not_look_at_the_same_time() -> None:
    first = {seed: starts({"c": 30.0}, 30.0, seed)[0][0] for seed in map(str, range(50))}

    assert len({int(at) for at in first.values()}) > 15


def test_a_pause_is_not_caught_up() -> None:
    schedule = Schedule({"c": 10.0}, 0.0)
    assert schedule.take(1000.0) == "c"

    assert schedule.take(1000.0) is None
    assert 1000.0 < schedule.next_at() <= 1010.0


def test_many_short_periods_are_kept_all_the_same() -> None:
    counts = Counter(name for _, name in starts({f"c{n}": 1.0 for n in range(20)}, 30.0))

    assert min(counts.values()) >= 28


@pytest.mark.parametrize("periods", [{}, {"c": 30.0}])
def test_nothing_due_gives_nothing(periods: dict[str, float]) -> None:
    assert Schedule(periods, 0.0, "x").take(-1.0) is None
