"""Errors of today against yesterday's until the same time, for viewers in any zone, also where the clock was changed:
what the store says is what counting one by one says."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventcenter.store import Reader, open_reader, open_writer
from tests.store.made import added, batch, event

QUARTER = 15 * 60_000
DAY = 96 * QUARTER
BEGIN = 1_767_225_600_000  # 2026-01-01T00:00:00Z
YEAR = range(BEGIN // QUARTER, BEGIN // QUARTER + 365 * 96)
"""Quarters of an hour of 2026, counted from 1970."""

CHANGING = (
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",  # had it until 2019
    "America/St_Johns",  # -03:30
    "America/Havana",  # back to midnight, so that midnight comes twice
    "America/Santiago",
    "Africa/Cairo",  # forward at midnight, so that there is none
    "Asia/Beirut",
    "Australia/Adelaide",  # +09:30
    "Australia/Lord_Howe",  # by half an hour, +10:30
    "Pacific/Chatham",  # +12:45
)
CONSTANT = ("UTC", "Asia/Shanghai", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Eucla", "Pacific/Kiritimati")
ZONES = CHANGING + CONSTANT
ERROR = "pod-oom-killed"


@cache
def wall(name: str, quarter: int) -> tuple[date, int]:
    """What the clock shows in a zone at the beginning of a quarter: the day, and the quarter of it."""
    shown = datetime.fromtimestamp(quarter * QUARTER / 1000, UTC).astimezone(ZoneInfo(name))
    return shown.date(), shown.hour * 4 + shown.minute // 15


@cache
def changes(name: str) -> list[int]:
    """The quarters of 2026 that begin with the clock being changed."""
    return [quarter for quarter in YEAR if (wall(name, quarter)[1] - wall(name, quarter - 1)[1]) % 96 != 1]


@cache
def interesting() -> list[int]:
    """Two days before and after each change, and a week without any."""
    around = {
        quarter
        for name in CHANGING
        for change in changes(name)
        for quarter in range(change - 2 * 96, change + 2 * 96)
    }
    return sorted(around | set(YEAR[150 * 96 : 157 * 96]))


@pytest.fixture(scope="module")
def occurrences() -> Counter[int]:
    """How many errors each quarter has; about every second has none."""
    rng = random.Random(11)
    return Counter({quarter: rng.randint(1, 9) for quarter in interesting() if rng.random() < 0.5})


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory, occurrences: Counter[int]) -> Iterator[Reader]:
    directory: Path = tmp_path_factory.mktemp("year")
    clock = BEGIN + 400 * DAY
    writer = open_writer(
        directory,
        "default",
        clock=lambda: clock,
        classify=lambda made: "" if made.level == "Normal" else ERROR,
    )
    rng = random.Random(12)
    some = []
    for number, (quarter, count) in enumerate(occurrences.items()):
        time = quarter * QUARTER + rng.choice((0, 1, QUARTER - 1, rng.randrange(QUARTER)))
        for level in ("Warning", "Normal"):  # those of the second are no errors
            n = 2 * number + (level == "Normal")
            some.append(added(event(n, level=level, count=count, first_time=time, last_time=time), n + 1))
    writer.deliver(batch(*some))
    assert writer.flush(120)
    writer.close()
    opened = open_reader(directory, "default", error_problems=frozenset({ERROR}))
    yield opened
    opened.close()


def counted(occurrences: Counter[int], name: str, now: int) -> tuple[int, int]:
    """One by one. A time that yesterday had twice is the first of them; one that was skipped lies as long after the
    beginning of the day as it does on other days."""
    quarter = now // QUARTER
    today, time = wall(name, quarter)
    near = range(quarter - 3 * 96, quarter + 1)
    of_today = [q for q in near if wall(name, q)[0] == today]
    of_yesterday = [q for q in near if wall(name, q)[0] == today - timedelta(days=1)]
    same = next((n for n, q in enumerate(of_yesterday) if wall(name, q)[1] == time), time)
    return (
        sum(occurrences[q] for q in of_today),
        sum(occurrences[q] for q in of_yesterday[: same + 1]),
    )


def shown(reader: Reader, name: str, now: int) -> tuple[int, int]:
    overview = reader.overview(now - DAY, now, ZoneInfo(name), now)
    return overview.errors_today, overview.errors_yesterday


MIDNIGHT_TWICE = "America/Havana"

moments = st.builds(
    lambda quarter, more: quarter * QUARTER + more,
    st.sampled_from(interesting()[3 * 96 :]),
    st.integers(0, QUARTER - 1),
)


def second_midnight(name: str, now: int) -> bool:
    """In the hour that begins with the second midnight of a day."""
    return datetime.fromtimestamp(now / 1000, ZoneInfo(name)).fold == 1 and name == MIDNIGHT_TWICE


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(ZONES), st.sampled_from(ZONES), moments)
def test_two_viewers_of_one_store_see_each_their_day(
    reader: Reader, occurrences: Counter[int], one: str, other: str, now: int
) -> None:
    for name in (one, other):
        if not second_midnight(name, now):
            assert shown(reader, name, now) == counted(occurrences, name, now), name


@pytest.mark.parametrize("name", CHANGING)
def test_every_quarter_around_a_change(reader: Reader, occurrences: Counter[int], name: str) -> None:
    for change in changes(name):
        for quarter in range(change - 8, change + 96 + 16):
            now = quarter * QUARTER + QUARTER // 2
            if not second_midnight(name, now):
                assert shown(reader, name, now) == counted(occurrences, name, now), (name, quarter - change)


def test_a_day_with_two_midnights_begins_at_the_first(reader: Reader, occurrences: Counter[int]) -> None:
    for change in changes(MIDNIGHT_TWICE):
        for quarter in range(change, change + 4):
            now = quarter * QUARTER
            assert shown(reader, MIDNIGHT_TWICE, now) == counted(occurrences, MIDNIGHT_TWICE, now)


def test_the_clocks_are_changed_in_these_zones() -> None:
    """Else the tests above would say nothing."""
    assert {name: len(changes(name)) for name in CHANGING} == dict.fromkeys(CHANGING, 2) | {
        "America/Sao_Paulo": 0
    }
