"""Times of log lines by Go's layouts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from npd.config.gotime import BadLayout, Layout

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC).timestamp()


def parsed(layout: str, text: str, now: float = NOW) -> datetime:
    return datetime.fromtimestamp(Layout(layout, clock=lambda: now).parse(text), UTC)


@pytest.mark.parametrize(
    ("layout", "text", "expected"),
    [
        ("2006-01-02T15:04:05Z07:00", "2026-01-05T02:12:02Z", datetime(2026, 1, 5, 2, 12, 2)),
        ("2006-01-02T15:04:05Z07:00", "2026-01-05T02:12:02+08:00", datetime(2026, 1, 4, 18, 12, 2)),
        (
            "2006-01-02T15:04:05.999999999-07:00",
            "2026-01-05T02:12:02.123456789+01:00",
            datetime(2026, 1, 5, 1, 12, 2, 123456),
        ),
        (
            "2006-01-02T15:04:05.999999999-07:00",
            "2026-01-05T02:12:02+00:00",
            datetime(2026, 1, 5, 2, 12, 2),
        ),
        ("2006-01-02 15:04:05 -0700", "2026-01-05 02:12:02.5 +0000", datetime(2026, 1, 5, 2, 12, 2, 500000)),
        ("Mon Jan _2 15:04:05 MST 2006", "Wed Nov  5 16:15:54 UTC 2026", datetime(2026, 11, 5, 16, 15, 54)),
        ("02/Jan/2006:15:04:05 -0700", "05/Nov/2026:16:15:54 +0100", datetime(2026, 11, 5, 15, 15, 54)),
        ("January 2, 06 3:04 PM -07", "November 5, 26 4:15 PM +00", datetime(2026, 11, 5, 16, 15)),
        ("3:04PM 2006-002 -0700", "12:15AM 2026-032 +0000", datetime(2026, 2, 1, 0, 15)),
    ],
)
def test_with_a_zone(layout: str, text: str, expected: datetime) -> None:
    assert parsed(layout, text) == expected.replace(tzinfo=UTC)


def test_without_a_zone_it_is_local() -> None:
    local = datetime(2026, 11, 5, 12, 23, 45).astimezone()
    assert parsed("Jan _2 15:04:05", "Nov  5 12:23:45") == local


def test_without_a_year_it_is_this_year() -> None:
    assert parsed("Jan _2 15:04:05", "May 12 12:23:45").year == 2026


def test_december_read_in_january_is_of_last_year() -> None:
    january = datetime(2027, 1, 1, 12, tzinfo=UTC).timestamp()
    assert parsed("Jan _2 15:04:05", "Dec 31 12:00:00", january).year == 2026


def test_a_leap_day_without_a_year() -> None:
    leap = datetime(2028, 3, 1, 12, tzinfo=UTC).timestamp()
    assert parsed("Jan _2 15:04:05", "Feb 29 12:00:00", leap).astimezone().day == 29


@pytest.mark.parametrize(
    "text", ["", "Nov 31 12:00:00", "Foo  1 12:00:00", "Nov  5 25:00:00", "Nov  5 12:00"]
)
def test_what_does_not_fit(text: str) -> None:
    with pytest.raises(ValueError):
        parsed("Jan _2 15:04:05", text)


def test_a_layout_that_names_a_part_twice_is_refused() -> None:
    with pytest.raises(BadLayout, match="year twice"):
        Layout("2006 2006")
