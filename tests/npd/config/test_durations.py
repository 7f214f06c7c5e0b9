"""Durations in Go's form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npd.config.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("-0", 0),
        ("30s", 30),
        ("1h30m", 5400),
        ("1.5s", 1.5),
        (".5m", 30),
        ("1.s", 1),
        ("100ms", 0.1),
        ("3us", 3e-6),
        ("3µs", 3e-6),
        ("3μs", 3e-6),
        ("+5s", 5),
        ("-5m", -300),
        ("1h1h", 7200),
    ],
)
def test_accepted(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds, abs=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "30",
        "s",
        ".s",
        "1d",
        "1 s",
        "30 ",
        "5m ",
        "--5s",
        "1h-5m",
        "1.2.3s",
        "٣s",
        "1e3s",
        "3000000h",
        "+",
        ".",
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no duration|too long"):
        parse_duration(text)


@given(st.integers(0, 10**7), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999))
def test_parts_add_up(hours: int, minutes: int, seconds: int, milliseconds: int) -> None:
    hours %= 2_000_000
    text = f"{hours}h{minutes}m{seconds}s{milliseconds}ms"
    assert parse_duration(text) == pytest.approx(hours * 3600 + minutes * 60 + seconds + milliseconds / 1000)


@given(st.integers(1, 10**8))
def test_what_is_shown_is_read_as_the_same(seconds: int) -> None:
    assert parse_duration(format_duration(seconds)) == seconds
