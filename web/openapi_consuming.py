"""The part of the OpenAPI description about consuming: the parameters of `changes`, and named consumers."""

from __future__ import annotations

from eventcenter.consuming import NAME
from eventcenter.query import TIME_FORMS
from web.openapi_parts import COUNT, STRING, Json, parameter
from web.params import MAX_WAIT

_START: Json = {"type": "string"}


def consumer_name(place: str = "query") -> Json:
    name, text = (
        ("name", "Of the consumer.")
        if place == "path"
        else (
            "consumer",
            "Name under which the position is kept here. A request acknowledges what the answer before delivered.",
        )
    )
    return parameter(name, text, {**STRING, "pattern": f"^{NAME}$"}, place)


def change_parameters() -> list[Json]:
    return [
        parameter(
            "after",
            "The `next` of the answer before; 0 is the beginning, `latest` only what comes from now on, a time the "
            f"first change of then or later ({TIME_FORMS}, but a plain number is a `next`). Of a named consumer: "
            "acknowledges up to here, instead of what the answer before delivered.",
            {**_START, "default": "0"},
        ),
        parameter(
            "wait", f"Seconds to wait for a change; at most {MAX_WAIT:.0f}.", {"type": "number", "minimum": 0}
        ),
        consumer_name(),
        parameter(
            "from", "Where a consumer that is not known yet begins, as `after`; default oldest.", _START
        ),
        parameter(
            "again",
            "1: acknowledge nothing, deliver the answer before again.",
            {"enum": ["0", "1"], "default": "0"},
        ),
    ]


def consumer_schemas() -> Json:
    properties = {
        "name": STRING,
        "seq": {**COUNT, "description": "Everything up to here is acknowledged."},
        "lag": {**COUNT, "description": "Changes behind the newest."},
        "lag_seconds": {
            "type": "number",
            "description": "Age of the oldest change that is not acknowledged.",
        },
        "last_asked": {"type": "string", "format": "date-time"},
        "q": {"type": ["string", "null"], "description": "Its search; null: has not asked since the start."},
    }
    consumer = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    consumers = {
        "type": "object",
        "properties": {"consumers": {"type": "array", "items": consumer}},
        "required": ["consumers"],
        "additionalProperties": False,
    }
    return {"Consumers": consumers}
