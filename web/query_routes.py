"""The addresses of queries: the page, its downloads and its charts."""

from __future__ import annotations

import re
from typing import Literal, cast

from flask import Blueprint, Response, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from web import links, params, query_downloads, query_page, query_words, saved_pages
from web.query_ask import PATIENCE_S, ask, given, parse_query
from web.site import center
from web.window import canonical_args

blueprint = Blueprint("query_pages", __name__)

_CSP = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_NOT_IN_FONT = re.compile(r"[^\x20-\x7e\u00a0-\u052f\u2000-\u206f\u20a0-\u22ff]")
"""Matplotlib's own font has no Chinese; a text is rather cut than shown as boxes."""


@blueprint.before_request
def _check() -> AnyResponse | None:
    g.page_path = "/query" if request.path == "/query/result" else request.path
    params.check_instances(request.args, center().instance)
    if request.method != "GET" or not request.path.startswith("/query") or "." in request.path:
        return None
    canonical = canonical_args()
    return None if canonical is None else redirect(links.address(request.path, canonical.items(multi=True)))


@blueprint.get("/query")
def query() -> Response:
    return query_page.show()


@blueprint.get("/query.csv")
def csv() -> Response:
    return query_downloads.as_csv()


@blueprint.get("/query.json")
def json() -> Response:
    return query_downloads.as_json()


@blueprint.get("/query/words.json")
def words() -> Response:
    return query_words.words()


@blueprint.get("/query/values.json")
def values() -> Response:
    return query_words.values()


@blueprint.get("/query/board")
def board() -> Response:
    return saved_pages.board()


@blueprint.get("/query/result")
def result() -> Response:
    return query_page.result_alone()


@blueprint.post("/query/saved")
def save() -> AnyResponse:
    return saved_pages.save()


@blueprint.post("/query/saved/<int:id>")
def change(id: int) -> AnyResponse:
    return saved_pages.change(id)


@blueprint.post("/query/saved/<int:id>/delete")
def delete(id: int) -> AnyResponse:
    return saved_pages.delete(id)


@blueprint.get("/charts/query.svg")
def svg() -> Response:
    response = Response(_drawn("svg"), mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = _CSP
    return response


@blueprint.get("/charts/query.png")
def png() -> Response:
    return Response(_drawn("png"), mimetype="image/png")


def _drawn(fmt: Literal["svg", "png"]) -> bytes:
    from eventcenter.query_charts import Kind, draw

    since, until = query_downloads.address_range(center().now())
    query = parse_query(given("q") or "*")
    answer = ask(query.text, since, until, patience=PATIENCE_S)
    # An SVG is set in the fonts of whoever looks at it.
    label = str if fmt == "svg" else lambda text: _NOT_IN_FONT.sub("·", text)
    return draw(answer, fmt, cast(Kind, given("chart") or "auto"), label)
