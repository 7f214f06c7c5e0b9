"""`/api/v1/silences`, `notifications`, `routes`, and acknowledging: who is told of what is wrong, and why not."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from flask import Blueprint, Response, jsonify, request

from eventcenter.alerted import AlertRecord, Silence
from eventcenter.errors import ConflictError, NotFoundError
from eventcenter.ports import AlertDesk, NotificationDesk
from eventcenter.query import parse_limit
from eventcenter.shapes import alert_shape, log_entry_shape, route_shape, silence_shape
from web.params import BadParameter, check_instances, json_body, read_strictly, time_parser
from web.site import center

blueprint = Blueprint("notifications", __name__, url_prefix="/api/v1")

MAX_BODY = 100_000
MAX_MATCHERS = 50
MAX_TEXT = 1000
MAX_LENGTH_S = 366 * 86_400
ACK_S = 7 * 86_400
LOG = 200
_DAY_MS = 86_400_000
_LABEL = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]{0,62})=([^,]*)")


@blueprint.before_request
def _check() -> None:
    request.max_content_length = MAX_BODY
    check_instances(request.args, center().instance)


def desks() -> tuple[AlertDesk, NotificationDesk]:
    """ConflictError where nothing is judged."""
    alerts, notices = center().alerts, center().notices
    if alerts is None or notices is None:
        raise ConflictError("alerts are not judged here", hint="Start the center with `eventcenter run`.")
    return alerts, notices


@blueprint.get("/silences")
def silences() -> Response:
    """Those that go on or begin later; with `ended`, also those of the last 90 days."""
    values = read_strictly(request.args, {"ended": partial(_flag, "ended")})
    _, notices = desks()
    now = center().now()
    since = now - 90 * _DAY_MS if values.get("ended") else now
    return jsonify({"silences": [silence_shape(one, now) for one in notices.silences(since)]})


@blueprint.post("/silences")
def silence() -> Response:
    """With `preview`: which active alerts it matches, and nothing is made."""
    values = read_strictly(request.args, {"preview": partial(_flag, "preview")})
    alerts, notices = desks()
    asked = silence_of(json_body("matchers", "starts", "ends", "seconds", "author", "reason"), center().now())
    if values.get("preview"):
        return jsonify({"alerts": _shapes(notices.covered(asked, alerts.active()), alerts)})
    response = jsonify(silence_shape(notices.silence(asked), asked.created))
    response.status_code = 201
    response.headers["Location"] = "/api/v1/silences"
    return response


@blueprint.delete("/silences/<int:id>")
def end(id: int) -> Response:
    """It ends now."""
    read_strictly(request.args, {})
    desks()[1].end_silence(id)
    return Response(status=204)


@blueprint.post("/alerts/<int:id>/ack")
def acknowledge(id: int) -> Response:
    """Nothing more is told of this alert for so many `seconds`, until it is over: a silence for it alone."""
    read_strictly(request.args, {})
    alerts, notices = desks()
    body = json_body("seconds", "author", "reason")
    made = notices.acknowledge(
        active_alert(alerts, id),
        text_of(body, "author"),
        text_of(body, "reason", "acknowledged"),
        seconds_of(body, ACK_S) * 1000,
    )
    response = jsonify(silence_shape(made, made.created))
    response.status_code = 201
    response.headers["Location"] = "/api/v1/silences"
    return response


@blueprint.get("/notifications")
def notifications() -> Response:
    values = read_strictly(request.args, {"limit": parse_limit})
    found = desks()[1].notifications(values.get("limit", LOG))
    return jsonify({"notifications": [log_entry_shape(entry) for entry in found]})


@blueprint.get("/routes")
def routes() -> Response:
    """Who would be told of an alert with these `labels`, as in `rule=pod-crash-loop,namespace=shop`."""
    values = read_strictly(request.args, {"labels": labels_of})
    _, notices = desks()
    found = notices.routes(values.get("labels", {}))
    return jsonify({"routes": [route_shape(route) for route in found], "receivers": notices.receivers()})


def active_alert(alerts: AlertDesk, id: int) -> AlertRecord:
    for alert in alerts.active():
        if alert.id == id:
            return alert
    raise NotFoundError(f"there is no active alert {str(id)[:40]}", hint="GET /api/v1/alerts lists them.")


def labels_of(text: str) -> dict[str, str]:
    labels = {}
    for part in text.split(","):
        match = _LABEL.fullmatch(part)
        if match is None:
            raise BadParameter(
                "labels",
                f"labels: {part[:80]!r} is no name=value",
                hint="As in rule=pod-crash-loop,namespace=shop.",
            )
        labels[match[1]] = match[2].strip()
    return labels


def silence_of(body: dict[str, Any], now: int) -> Silence:
    matchers = body.get("matchers")
    fits = isinstance(matchers, list) and 0 < len(matchers) <= MAX_MATCHERS
    if not fits or not all(isinstance(one, str) and one.strip() for one in matchers or ()):
        raise BadParameter(
            "matchers",
            f"matchers is not a list of 1 to {MAX_MATCHERS} matchers",
            hint='As in ["namespace=\\"shop\\"", "severity=~\\"low|info\\""].',
        )
    starts = _time(body, "starts", now) if body.get("starts") is not None else now
    if body.get("ends") is not None and body.get("seconds") is None:
        ends = _time(body, "ends", now)
    else:
        ends = starts + seconds_of(body, None) * 1000
    if not max(now, starts) < ends <= starts + MAX_LENGTH_S * 1000:
        raise BadParameter(
            "ends", "the silence ends before it begins or now, or lasts for more than 366 days"
        )
    return Silence(
        matchers=tuple(one.strip() for one in matchers or ()),
        starts=starts,
        ends=ends,
        author=text_of(body, "author"),
        reason=text_of(body, "reason", ""),
        created=now,
    )


def _time(body: dict[str, Any], name: str, now: int) -> int:
    value = body[name]
    if not isinstance(value, str) or not value.strip():
        raise BadParameter(name, f"{name} is no time", hint="As in 2026-01-31T22:00:00Z.")
    time: int = time_parser(now)(value)
    return time


def seconds_of(body: dict[str, Any], default: int | None) -> int:
    value = body.get("seconds", default)
    if type(value) is not int or not 0 < value <= MAX_LENGTH_S:
        raise BadParameter("seconds", f"seconds is not a whole number from 1 to {MAX_LENGTH_S}")
    return value


def text_of(body: dict[str, Any], name: str, default: str | None = None) -> str:
    value = body.get(name, default)
    if (
        not isinstance(value, str)
        or len(value) > MAX_TEXT
        or "\0" in value
        or (default is None and not value.strip())
    ):
        raise BadParameter(name, f"{name} is missing, or no text of at most {MAX_TEXT} characters")
    return value.encode("utf-8", "replace").decode().strip()


def _flag(name: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise BadParameter(name, f"{name} {text[:80]!r} is neither true nor false")
    return text == "true"


def _shapes(found: list[AlertRecord], alerts: AlertDesk) -> list[dict[str, Any]]:
    titles = alerts.titles("en")
    return [alert_shape(alert, titles.get(alert.rule, alert.rule)) for alert in found]
