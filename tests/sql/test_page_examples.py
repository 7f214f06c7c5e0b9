"""The examples that the query page begins with run, in both languages, and each fits the chart that it is shown as."""

from __future__ import annotations

import pytest
from flask import Flask
from flask_babel import Babel, force_locale

from eventcenter.query_plots import figures, plot, slices
from tests.sql.conftest import Ask
from web.query_examples import Example, examples


def told(language: str) -> list[Example]:
    app = Flask("web")
    Babel(app)
    with app.test_request_context(), force_locale(language):
        return examples()


def test_there_are_ten_with_titles_in_both_languages() -> None:
    english, chinese = told("en"), told("zh")
    assert len(english) == 10
    assert len({example.title for example in [*english, *chinese]}) == 20


@pytest.mark.parametrize("example", told("en"), ids=lambda example: example.title)
def test_an_example_runs_and_fits_its_chart(ask: Ask, example: Example) -> None:
    answer = ask(example.text)
    if example.chart == "number":
        assert figures(answer)
    elif example.chart != "table" and answer.rows:
        made = plot(answer)
        assert made.over_time == (example.chart == "line")
        assert example.chart != "pie" or slices(made)


def test_nearly_all_find_something_in_an_ordinary_cluster(ask: Ask) -> None:
    assert sum(bool(ask(example.text).rows) for example in told("en")) >= 7
