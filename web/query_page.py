"""`/query`: an editor, the answer as a table or chart, and how many events its search finds over time. All of it is in
the address."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, request

from eventcenter.errors import (
    ConflictError,
    EventCenterError,
    QueryCancelled,
    QueryLimit,
    QuerySyntaxError,
    QueryTimeout,
    TooManyQueries,
)
from eventcenter.model import Answer, Page
from eventcenter.query import EventQuery
from web.errors import RETRY_SECONDS
from web.i18n import _
from web.params import BadParameter
from web.query_ask import CHARTS, PATIENCE_S, Query, ask, given, parse_chart, parse_query
from web.query_examples import examples
from web.query_histogram import Histogram, histogram
from web.query_plot import Chart, chart
from web.query_table import Table, table
from web.render import page
from web.site import center
from web.window import Window, window

EVENTS = 50
"""Of a search without SQL; the events page has the rest."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What is said in place of a result. `status` is that of the answer."""

    status: int
    message: str
    hint: str
    calm: bool = False
    """Nothing is wrong with what was typed."""


@dataclass(frozen=True, slots=True)
class Result:
    """What there is to show: `found` for a search, `answer` with its table and its chart for SQL."""

    found: Page | None = None
    answer: Answer | None = None
    table: Table | None = None
    chart: Chart | None = None
    failure: Failure | None = None
    """Of the query, or of its chart alone: then the table stands in its place."""


def show() -> Response:
    asked = window(center().now())
    query, kind, failure = _read(asked)
    result = Result(failure=failure)
    counted: Histogram | None = None
    if query is not None and failure is None:
        result = answered(query, kind, asked)
        if result.found is not None or result.answer is not None:
            end = asked.range.end(center().now())
            counted = histogram(query, asked.range.from_time, asked.range.to_time, end)
    status = result.failure.status if result.failure else 400 if asked.errors else 200
    return _page(asked, status, query, request.args.get("q", ""), kind, result, counted)


def _page(
    asked: Window,
    status: int,
    query: Query | None,
    text: str,
    kind: str,
    result: Result,
    counted: Histogram | None = None,
) -> Response:
    saved = center().reader.saved_queries()
    response = page(
        "query.html",
        status=status,
        window=asked,
        query=query,
        text=text,
        kind=kind,
        kinds=kinds(),
        result=result,
        histogram=counted,
        examples=examples(),
        saved=saved,
        known=next((one for one in saved if query and (one.query, one.chart) == (query.text, kind)), None),
    )
    if response.status_code == 429:
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def result_alone() -> Response:
    """For the board: the result and nothing around it. It waits for its turn among the others of the board."""
    asked = window(center().now())
    query, kind, failure = _read(asked)
    failure = failure or next((failed(error) for error in asked.errors.values()), None)
    result = Result(failure=failure)
    if query is not None and failure is None:
        result = answered(query, kind, asked, PATIENCE_S)
    status = result.failure.status if result.failure else 200
    return page("query_card.html", status=status, query=query, result=result)


def refused(error: EventCenterError, text: str, chart_kind: str) -> Response:
    """The page with why a query was not saved."""
    failure = Failure(409 if isinstance(error, ConflictError) else 400, str(error), error.hint)
    kind = chart_kind if chart_kind in CHARTS else "table"
    return _page(window(center().now()), failure.status, None, text, kind, Result(failure=failure))


def _read(asked: Window) -> tuple[Query | None, str, Failure | None]:
    query: Query | None = None
    kind = "table"
    try:
        kind = parse_chart(given("chart") or "table")
        query = parse_query(given("q")) if given("q") else None
    except (QuerySyntaxError, BadParameter) as error:
        return query, kind, failed(error)
    # What is wrong with the range is said at the range.
    return (None if asked.errors else query), kind, None


def answered(query: Query, kind: str, asked: Window, patience: float = 0.0) -> Result:
    """The result of a query, or why there is none; never raises what is the query's fault."""
    since, until = asked.range.from_time, asked.range.to_time
    try:
        if query.sql is None:
            wanted = EventQuery(from_time=since, to_time=until, search=query.tree, limit=EVENTS)
            return Result(found=center().reader.list_events(wanted))
        answer = ask(query.text, since, until, patience=patience)
    except (QuerySyntaxError, QueryLimit) as error:
        return Result(failure=failed(error))
    rows = table(query, answer)
    if kind == "table" or not answer.rows:
        return Result(answer=answer, table=rows)
    try:
        return Result(answer=answer, table=rows, chart=chart(kind, query, answer))
    except QuerySyntaxError as error:
        said = Failure(200, str(error), error.hint, calm=True)
        return Result(answer=answer, table=rows, failure=said)


def failed(error: EventCenterError) -> Failure:
    message, hint = str(error), error.hint
    if isinstance(error, TooManyQueries):
        return Failure(429, message, hint, calm=True)
    if isinstance(error, QueryCancelled):
        return Failure(503, message, hint, calm=True)
    if isinstance(error, QueryTimeout):
        # Not 408 as the API: browsers ask again by themselves after it, and the query would run twice.
        return Failure(422, message, hint, calm=True)
    return Failure(422 if isinstance(error, QueryLimit) else 400, message, hint)


def kinds() -> list[tuple[str, str]]:
    words = {
        "table": _("Table"),
        "line": _("Lines"),
        "bar": _("Bars"),
        "pie": _("Pie"),
        "number": _("Number"),
    }
    return [(kind, words[kind]) for kind in CHARTS]
