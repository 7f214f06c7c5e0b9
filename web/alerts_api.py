"""`/api/v1/alerts` and `/api/v1/rules`: what is wrong now, what was, and what is looked for."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from eventcenter.alerted import AlertRecord
from eventcenter.query import parse_limit
from eventcenter.shapes import alert_shape
from web.params import check_instances, one_of, read_strictly, time_parser
from web.site import center

blueprint = Blueprint("alerts", __name__, url_prefix="/api/v1")

DAY_MS = 86_400_000
STATES = ("active", "resolved")


@blueprint.before_request
def _check() -> None:
    check_instances(request.args, center().instance)


@blueprint.get("/alerts")
def alerts() -> Response:
    """`state=active` (the default): pending and firing. `state=resolved`: over between `from` and `to`."""
    now = center().now()
    parsers = {
        "state": one_of("state", *STATES),
        "from": time_parser(now),
        "to": time_parser(now),
        "limit": parse_limit,
    }
    values = read_strictly(request.args, parsers)
    desk = center().alerts
    if desk is None:
        return jsonify({"alerts": []})
    if values.get("state", "active") == "active":
        found = desk.active()[: values.get("limit", 1000)]
    else:
        until = values.get("to", now)
        found = desk.history(values.get("from", until - DAY_MS), until, values.get("limit", 100))
    return jsonify({"alerts": _shapes(found, desk.titles("en"))})


@blueprint.get("/rules")
def rules() -> Response:
    read_strictly(request.args, {})
    desk = center().alerts
    return jsonify({"rules": desk.rules() if desk else []})


def _shapes(found: list[AlertRecord], titles: dict[str, str]) -> list[dict[str, Any]]:
    return [alert_shape(alert, titles.get(alert.rule, alert.rule)) for alert in found]
