"""`/api/v1/sinks`: where events are forwarded to, how that goes, and what was refused for good."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from eventcenter.errors import ConflictError
from eventcenter.ports import SinkDesk
from eventcenter.query import parse_limit
from eventcenter.shapes import dead_letter_shape, sink_shape, sink_test_shape
from web.params import BadParameter, check_instances, json_body, one_of, read_strictly
from web.site import center

blueprint = Blueprint("sinks", __name__, url_prefix="/api/v1")

MAX_BODY = 100_000
MAX_LETTERS = 1000


@blueprint.before_request
def _check() -> None:
    request.max_content_length = MAX_BODY
    check_instances(request.args, center().instance)


def desk() -> SinkDesk:
    """ConflictError where nothing is forwarded."""
    found = center().sinks
    if found is None:
        raise ConflictError(
            "the playground forwards nothing", hint="Start the center with `eventcenter run`."
        )
    return found


@blueprint.get("/sinks")
def listed() -> Response:
    read_strictly(request.args, {})
    sinks = center().sinks
    return jsonify({"sinks": [sink_shape(sink) for sink in sinks.statuses()] if sinks else []})


@blueprint.post("/sinks")
def add() -> Response:
    read_strictly(request.args, {})
    status = desk().add(_text(json_body("uri"), "uri"))
    response = jsonify(sink_shape(status))
    response.status_code = 201
    response.headers["Location"] = "/api/v1/sinks"
    return response


@blueprint.delete("/sinks/<name>")
def remove(name: str) -> Response:
    read_strictly(request.args, {})
    desk().remove(name)
    return Response(status=204)


@blueprint.get("/sink-kinds")
def kinds() -> Response:
    read_strictly(request.args, {})
    return jsonify({"kinds": desk().kinds()})


@blueprint.post("/sink-tests")
def test() -> Response:
    """Of a sink that is set up (`name`) or of an address (`uri`)."""
    read_strictly(request.args, {})
    body = json_body("name", "uri")
    if len(body) != 1:
        raise BadParameter("uri", "the body names neither or both of a sink and an address", hint="Give one.")
    done = desk().test_sink(_text(body, "name")) if "name" in body else desk().test(_text(body, "uri"))
    return jsonify(sink_test_shape(done))


@blueprint.get("/sinks/<name>/dead-letters")
def dead_letters(name: str) -> Response:
    values = read_strictly(request.args, {"limit": parse_limit})
    found = desk().dead_letters(name, values.get("limit", 100))
    return jsonify({"dead_letters": [dead_letter_shape(letter) for letter in found]})


@blueprint.post("/sinks/<name>/dead-letters")
def handle_dead_letters(name: str) -> Response:
    """Send them again, or drop them: those with the `ids`, or all."""
    read_strictly(request.args, {})
    body = json_body("action", "ids")
    action = one_of("action", "send_again", "drop")(_text(body, "action"))
    ids = _ids(body.get("ids"))
    count = desk().send_again(name, ids) if action == "send_again" else desk().drop(name, ids)
    return jsonify({"count": count})


def _ids(given: Any) -> list[int] | None:
    if given is None:
        return None
    fits = isinstance(given, list) and len(given) <= MAX_LETTERS
    if not fits or not all(type(one) is int and 0 < one < 2**63 for one in given):
        raise BadParameter("ids", f"ids is not a list of at most {MAX_LETTERS} numbers of dead letters")
    return list(given)


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise BadParameter(name, f"{name} is missing or no text")
    return value.strip()
