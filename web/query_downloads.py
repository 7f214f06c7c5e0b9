"""`/query.csv` and `/query.json`: all rows of a query, by the same address as its page."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

import msgspec
from flask import Response, request

from eventcenter.model import Answer
from eventcenter.shapes import rfc3339
from web import params
from web.params import Parser
from web.query_api import MAX_ROWS
from web.query_ask import ask, given, parse_chart, parse_query
from web.site import center
from web.window import DEFAULT

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet would run, were it the first character of a cell."""


def as_csv() -> Response:
    """RFC 4180, in UTF-8 with the mark that spreadsheets know it by."""
    answer, _range = _answer()
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([_cell(name) for name in answer.columns])
    writer.writerows([_cell(cell) for cell in row] for row in answer.rows)
    body = "\ufeff" + out.getvalue()
    return _file(body.encode("utf-8", errors="replace"), "text/csv", "csv")


def as_json() -> Response:
    answer, (since, until) = _answer()
    body = {
        "query": given("q"),
        "from": rfc3339(since),
        "to": rfc3339(until),
        "columns": answer.columns,
        "rows": answer.rows,
        "elapsed_ms": answer.elapsed_ms,
        "truncated": answer.truncated,
    }
    return _file(msgspec.json.encode(body), "application/json", "json")


def _answer() -> tuple[Answer, tuple[int, int]]:
    now = center().now()
    since, until = address_range(now)
    query = parse_query(given("q") or "*")
    return ask(query.text, since, until, limit=MAX_ROWS), (since, now if until is None else until)


def address_range(now: int) -> tuple[int, int | None]:
    """The range of the address of a query, strictly read: what is wrong or unknown in it is refused."""
    also: dict[str, Parser] = {"q": parse_query, "chart": parse_chart, "lang": str, "theme": str}
    return range_of(now, also)[1]


def range_of(now: int, also: Mapping[str, Parser]) -> tuple[dict[str, Any], tuple[int, int | None]]:
    """The values of the parameters, `also` beside those of the range, and the range as the pages understand it."""
    time = params.time_parser(now, params.zone(given("tz")) if given("tz") else params.zone("UTC"))
    values = params.read_strictly(request.args, {"from": time, "to": time, "tz": str, **also})
    until: int | None = None if given("to") in ("", "now") else values.get("to")
    first: int = time(DEFAULT) if until is None else max(until - 86_400_000, 0)
    since: int = values.get("from", first)
    params.check_range(since, now if until is None else until)
    return values, (since, until)


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return value


def _file(body: bytes, mimetype: str, ending: str) -> Response:
    response = Response(body, mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="query.{ending}"'
    return response
