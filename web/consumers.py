"""Named consumers over HTTP: how a request names one, and the list of all of them."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import MethodNotAllowed

from eventcenter.consuming import Asked, Turn, parse_name
from eventcenter.model import ConsumerStatus
from eventcenter.shapes import rfc3339
from web.crosssite import refuse_cross_site
from web.params import BadParameter, Parser, check_instances, one_of, read_strictly
from web.site import Site, site
from web.starts import oldest, parse_start

blueprint = Blueprint("consumers", __name__, url_prefix="/api/v1/consumers")


def named_parsers(now: int) -> dict[str, Parser]:
    """Parameters of a request of a named consumer."""
    return {"consumer": parse_name, "from": partial(parse_start, "from", now), "again": _flag}


def _flag(text: str) -> bool:
    return bool(one_of("again", "0", "1")(text) == "1")


def check_named(values: dict[str, Any]) -> None:
    """What a request may say of a consumer."""
    if "consumer" not in values:
        for name in ("from", "again"):
            if name in values:
                raise BadParameter(
                    name, f"{name} is for named consumers", hint="Give consumer=NAME too, or use after=."
                )
        return
    refuse_cross_site()
    if request.method == "HEAD":  # it would acknowledge and deliver nothing
        raise MethodNotAllowed(["GET"])


def begin(here: Site, values: dict[str, Any], after: int | None) -> Turn:
    """The turn of the consumer that the request names; see `Consumers.begin`."""
    asked = Asked(request.args.get("q", ""), after, values.get("again", False))
    start = values.get("from", oldest)
    return here.consumers.begin(values["consumer"], asked, lambda: start(here.center))


@blueprint.get("")
def list_consumers() -> Response:
    here = site()
    read_strictly(request.args, {})
    check_instances(request.args, here.center.instance)
    return jsonify({"consumers": [_shape(item) for item in here.consumers.list()]})


@blueprint.delete("/<name>")
def forget(name: str) -> tuple[str, int]:
    here = site()
    read_strictly(request.args, {})
    check_instances(request.args, here.center.instance)
    refuse_cross_site()
    here.consumers.forget(name)
    return "", 204


def _shape(item: ConsumerStatus) -> dict[str, Any]:
    return {
        "name": item.name,
        "seq": item.seq,
        "lag": item.lag,
        "lag_seconds": item.lag_ms / 1000,
        "last_asked": rfc3339(item.asked),
        "q": item.search,
    }
