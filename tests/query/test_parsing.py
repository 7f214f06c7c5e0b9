"""What people type for times, lists and limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventcenter.errors import QuerySyntaxError
from eventcenter.query import (
    LATEST,
    MAX_VALUES,
    parse_limit,
    parse_list,
    parse_time,
)

NOW = 1_795_435_200_123  # 2026-11-23T12:00:00.123Z


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", NOW),
        (" now ", NOW),
        ("-15m", NOW - 900_000),
        ("-1d", NOW - 86_400_000),
        ("+2h", NOW + 7_200_000),
        ("-1w", NOW - 604_800_000),
        ("-0s", NOW),
        ("0", 0),
        ("1795435200", 1_795_435_200_000),
        ("1795435200.5", 1_795_435_200_500),
        ("1795435200.123", NOW),
        ("1.001", 1001),
        ("2026-11-23T12:00:00Z", 1_795_435_200_000),
        ("2026-11-23T12:00:00.123456Z", NOW),
        ("2026-11-23T14:00:00+02:00", 1_795_435_200_000),
        ("2026-11-23T12:00:00", 1_795_435_200_000),
        ("2026-11-23", 1_795_392_000_000),
        ("1969-12-31", 0),
        ("0001-01-01T00:00:00+14:00", 0),
        ("-999999999w", 0),
        ("+999999999w", LATEST),
        ("99999999999", 99_999_999_999_000),
        ("9999-12-31T23:59:59-14:00", LATEST),
    ],
)
def test_times(text: str, expected: int) -> None:
    assert parse_time(text, NOW) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "yesterday",
        "15m",
        "-15",
        "-1y",
        "--1d",
        "- 1d",
        "1e9",
        "inf",
        "nan",
        "-1.5h",
        "2026-13-01",
        "12:00",
        "NOW",
        "\0",
    ],
)
def test_what_is_no_time_is_refused_with_what_is_accepted(text: str) -> None:
    with pytest.raises(QuerySyntaxError, match="is not a time") as caught:
        parse_time(text, NOW)
    assert "RFC 3339" in caught.value.hint


@given(st.text(max_size=30), st.integers(0, LATEST))
def test_any_text_is_a_time_in_range_or_refused(text: str, now: int) -> None:
    try:
        assert 0 <= parse_time(text, now) <= LATEST
    except QuerySyntaxError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("reason", "", ()),
        ("reason", "BackOff", ("BackOff",)),
        ("reason", " BackOff , Failed ,,", ("BackOff", "Failed")),
        ("name", "web-*,***", ("web-*", "*")),
        ("namespace", "**", ("**",)),
        ("level", ",", ()),
    ],
)
def test_lists(name: str, text: str, expected: tuple[str, ...]) -> None:
    assert parse_list(name, text) == expected


def test_a_list_has_an_end() -> None:
    assert len(parse_list("name", "a," * MAX_VALUES)) == MAX_VALUES
    with pytest.raises(QuerySyntaxError, match="101 values"):
        parse_list("name", "a," * (MAX_VALUES + 1))


@pytest.mark.parametrize(("text", "expected"), [("1", 1), ("1000", 1000), ("007", 7)])
def test_limits(text: str, expected: int) -> None:
    assert parse_limit(text) == expected


@pytest.mark.parametrize("text", ["", "0", "-1", "1001", "1.5", "ten", "9" * 50, " 1"])
def test_other_limits_are_refused(text: str) -> None:
    with pytest.raises(QuerySyntaxError, match="limit"):
        parse_limit(text)
