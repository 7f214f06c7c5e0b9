"""The search and the SQL of a query."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventcenter.errors import QuerySyntaxError
from eventcenter.search import split_query


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("", None)),
        (" level:Warning ", ("level:Warning", None)),
        ("* | SELECT count(*)", ("*", "SELECT count(*)")),
        ("| SELECT 1", ("*", "SELECT 1")),
        ("a|b|c", ("a", "b|c")),
        ('"a|b" | SELECT 1', ('"a|b"', "SELECT 1")),
        (r'"a\"|b" | SELECT 1', (r'"a\"|b"', "SELECT 1")),
        (r'"a\\"|SELECT 1', (r'"a\\"', "SELECT 1")),
        (r'"C:\x"|SELECT 1', (r'"C:\x"', "SELECT 1")),
        ("* | SELECT '\"' || 'x'", ("*", "SELECT '\"' || 'x'")),
        ('a "open', ('a "open', None)),
    ],
)
def test_splits_at_the_first_bar_outside_of_quotes(text: str, expected: tuple[str, str | None]) -> None:
    assert split_query(text) == expected


@pytest.mark.parametrize(("text", "at"), [("a |", 2), ("a |  \n", 2), ('a "b | SELECT 1', 2)])
def test_what_cannot_be_split_points_at_the_place(text: str, at: int) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        split_query(text)
    assert caught.value.at == at and caught.value.hint


@given(st.text(alphabet='a "|\\\n', max_size=30))
def test_any_text_is_split_or_refused(text: str) -> None:
    try:
        search, sql = split_query(text)
    except QuerySyntaxError as error:
        assert error.at is not None
    else:
        assert search in text or search == "*"
        assert sql is None or sql in text
