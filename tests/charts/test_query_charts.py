"""Charts of the rows of queries: what is one series, what is many, what fits a kind."""

from __future__ import annotations

import pytest

from eventcenter.chart_svg import Link
from eventcenter.errors import QuerySyntaxError
from eventcenter.model import Answer
from eventcenter.query_lines import lines
from eventcenter.query_plots import figures, plot, slices, tick


def answer(columns: list[str], *rows: list[object]) -> Answer:
    return Answer(columns=columns, rows=list(rows), truncated=False)


def test_names_over_time_become_series_the_greatest_first() -> None:
    made = plot(answer(["t", "ns", "c"], ["06:00", "a", 1], ["06:00", "b", 5], ["06:05", "b", 2]))
    assert made.names == ["06:00", "06:05"]
    assert made.series == [("b", [5.0, 2.0]), ("a", [1.0, 0.0])]


def test_every_number_of_a_row_is_a_series() -> None:
    made = plot(answer(["ns", "reason", "c", "pods"], ["a", None, 1, 2], ["b", "x", None, 3]))
    assert made.names == ["a / ", "b / x"]
    assert made.series == [("c", [1.0, None]), ("pods", [2.0, 3.0])]


def test_a_pie_has_at_most_eight_slices() -> None:
    made = plot(answer(["ns", "c"], *([f"n{at}", at] for at in range(12))))
    parts = slices(made)
    assert [at for at, _value in parts] == [11, 10, 9, 8, 7, 6, 5, None]
    assert sum(value for _at, value in parts) == sum(range(12))


@pytest.mark.parametrize("rows", [[["a", 0]], [["a", -1], ["b", 3]]])
def test_a_pie_needs_something_to_divide(rows: list[list[object]]) -> None:
    with pytest.raises(QuerySyntaxError, match="divide"):
        slices(plot(answer(["ns", "c"], *rows)))


def test_figures_are_the_numbers_of_the_first_row() -> None:
    assert figures(answer(["a", "b", "c"], ["x", 1, 2.5], ["y", 3, 4])) == [("b", 1), ("c", 2.5)]
    with pytest.raises(QuerySyntaxError, match="no number"):
        figures(answer(["a"], [True]))


def test_lines_of_a_page_hold_no_style_and_lead_on() -> None:
    made = plot(answer(["t", "c"], ["06:00", 1], ["06:05", None], ["06:10", -2]))
    drawn = lines(made, [Link(f"/?{at}", "<b>") for at in range(3)], "label").decode()
    assert "style=" not in drawn
    assert drawn.count('class="bar"') == 3
    assert "&lt;b&gt;" in drawn


def test_a_full_moment_is_short_under_a_chart() -> None:
    assert tick("2026-11-23 06:00:00.000") == "11-23 06:00"
    assert tick("06:00") == "06:00"
