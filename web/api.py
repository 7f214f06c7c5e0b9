"""`/api/v1`: events, one event, overview, usage, version and the description of them all."""

from __future__ import annotations

import time
from typing import Any

from flask import Blueprint, Response, jsonify, request

import eventcenter
from eventcenter.explain import explain
from eventcenter.shapes import going_shape, usage_shape
from eventcenter.sizing import forecast
from web import params, serialize
from web.openapi import document
from web.params import check_instances, read_strictly
from web.site import center
from web.usage_params import USAGE_DAYS, USAGE_ROWS, asked_retention, retention_in_force, usage_parsers

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

DAY = 86_400_000


@blueprint.get("/events")
def list_events() -> Response:
    here = center()
    values = read_strictly(request.args, params.event_parsers(here.now()))
    check_instances(request.args, here.instance)
    page = here.reader.list_events(params.event_query(values))
    if values.get("format") != "record":
        return jsonify(serialize.page(page))
    raws = here.reader.raws([event.seq for event in page.events])
    return jsonify(serialize.page(page, serialize.records(page.events, raws, here.labels)))


@blueprint.get("/events/<path:uid>")
def show_event(uid: str) -> Response:
    here = center()
    # A uid such as `../x` cannot stand in a path: `/events/-?uid=../x`.
    given = read_strictly(request.args, {"uid": str} if uid == "-" else {})
    check_instances(request.args, here.instance)
    uid = given.get("uid", uid)
    detail = here.reader.event(uid)
    return jsonify(serialize.detail(detail, explain(detail.event)))


@blueprint.get("/overview")
def overview() -> Response:
    here = center()
    now = here.now()
    values = read_strictly(request.args, params.overview_parsers(now))
    check_instances(request.args, here.instance)
    until = values.get("to", now)
    since = values.get("from", max(until - DAY, 0))
    params.check_overview_range(since, until)
    started = time.perf_counter()
    result = here.reader.overview(since, until, values.get("tz", params.zone("UTC")), now)
    body: dict[str, Any] = {
        "instance": here.instance,
        "demo": here.demo,
        "seq": here.store().seq,
        **serialize.overview(result),
        "elapsed_ms": round((time.perf_counter() - started) * 1000, 1),
    }
    return jsonify(body)


@blueprint.get("/usage")
def usage() -> Response:
    here = center()
    now = here.now()
    values = read_strictly(request.args, usage_parsers(now))
    check_instances(request.args, here.instance)
    until = values.get("to", now)
    since = values.get("from", max(until - USAGE_DAYS * DAY, 0))
    params.check_range(since, until)
    found = here.reader.usage(since, until, now, values.get("limit", USAGE_ROWS))
    kept, wanted = retention_in_force(here), asked_retention(values)
    return jsonify(
        {
            "instance": here.instance,
            "demo": here.demo,
            **usage_shape(found, forecast(found, kept), kept),
            "would_delete": going_shape(here.going(wanted)) if wanted else None,
        }
    )


@blueprint.get("/version")
def version() -> Response:
    here = center()
    read_strictly(request.args, {})
    check_instances(request.args, here.instance)
    return jsonify({"version": eventcenter.__version__, "instance": here.instance, "demo": here.demo})


@blueprint.get("/openapi.json")
def openapi() -> Response:
    return jsonify(document())
