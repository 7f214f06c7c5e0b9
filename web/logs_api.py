"""`/api/v1/events/UID/logs`: what the container wrote around the event."""

from __future__ import annotations

import re

from flask import Blueprint, Response, jsonify, request

from eventcenter.containerlogs import LogQuestion
from eventcenter.errors import NotFoundError
from eventcenter.ports import LogDesk
from eventcenter.shapes import container_log_shape
from web.params import BadParameter, check_instances, one_of, read_strictly
from web.site import center

blueprint = Blueprint("logs", __name__, url_prefix="/api/v1")

SOURCES = ("live", "snapshot")
MAX_LINES = 2000
CONTAINER = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


@blueprint.get("/events/<path:uid>/logs")
def show_log(uid: str) -> Response:
    here = center()
    parsers = {
        "source": one_of("source", *SOURCES),
        "container": _container,
        "previous": _flag,
        "tail": _lines,
    }
    values = read_strictly(request.args, {**parsers, **({"uid": str} if uid == "-" else {})})
    check_instances(request.args, here.instance)
    event = here.reader.event(values.get("uid", uid)).event
    source = values.get("source")
    asked = LogQuestion(
        live=None if source is None else source == "live",
        container=values.get("container", ""),
        previous=values.get("previous"),
        lines=values.get("tail"),
    )
    return jsonify(container_log_shape(desk().log(event, asked)))


def desk() -> LogDesk:
    """NotFoundError where no logs are read."""
    found = center().logs
    if found is None:
        raise NotFoundError(
            "no container logs are read here",
            hint="The setting crash_logs is false, or this is the playground.",
        )
    return found


def _container(text: str) -> str:
    if not CONTAINER.fullmatch(text):
        raise BadParameter(
            "container",
            f"container {text[:80]!r} is not a name",
            hint="A name has 1 to 63 lower-case letters, digits and -.",
        )
    return text


def _flag(text: str) -> bool:
    return bool(one_of("previous", "true", "false")(text) == "true")


def _lines(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= MAX_LINES:
        raise BadParameter("tail", f"tail {text[:80]!r} is not accepted", hint=f"Accepted: 1 to {MAX_LINES}.")
    return int(text)
