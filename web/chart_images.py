"""`/charts/NAME.svg|png`: the charts of the pages by address, with the same parameters."""

from __future__ import annotations

from typing import Literal

from flask import Blueprint, Response, request
from flask_babel import force_locale

from eventcenter import charts
from eventcenter.model import Overview
from web import params, trend
from web.site import center

blueprint = Blueprint("charts", __name__, url_prefix="/charts")

_CSP = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""An SVG on its own has no style sheet beside it. Nothing in it comes from a cluster but escaped text."""


@blueprint.get("/trend.svg")
def trend_svg() -> Response:
    response = _trend("svg", "image/svg+xml")
    response.headers["Content-Security-Policy"] = _CSP
    return response


@blueprint.get("/trend.png")
def trend_png() -> Response:
    return _trend("png", "image/png")


def _trend(fmt: Literal["svg", "png"], mimetype: str) -> Response:
    here = center()
    now = here.now()
    values = params.read_strictly(request.args, params.overview_parsers(now))
    params.check_instances(request.args, here.instance)
    until = values.get("to", now)
    since = values.get("from", max(until - 86_400_000, 0))
    params.check_overview_range(since, until)
    zone = values.get("tz", params.zone("UTC"))
    overview: Overview = here.reader.overview(since, until, zone, now)
    # English whatever the reader's language: Matplotlib's own font has no Chinese characters.
    with force_locale("en"):
        drawn = charts.trend(trend.trend_chart(overview, zone), fmt)
    return Response(drawn, mimetype=mimetype)
