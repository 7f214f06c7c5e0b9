"""The part of the OpenAPI description about consuming: the parameters of `changes`, and named consumers."""

from __future__ import annotations

from typing import Any

from eventcenter.consuming import NAME
from eventcenter.query import TIME_FORMS
from web.params import MAX_WAIT

Json = dict[str, Any]

_STRING: Json = {"type": "string"}
_COUNT: Json = {"type": "integer"}
_START: Json = {"type": "string"}


def _parameter(name: str, description: str, schema: Json, place: str = "query") -> Json:
    return {
        "name": name,
        "in": place,
        "description": description,
        "schema": schema,
        "required": place == "path",
    }


def consumer_name(place: str = "query") -> Json:
    name, text = (
        ("name", "Of the consumer.")
        if place == "path"
        else (
            "consumer",
            "Name under which the position is kept here. A request acknowledges what the answer before delivered.",
        )
    )
    return _parameter(name, text, {**_STRING, "pattern": f"^{NAME}$"}, place)


def change_parameters() -> list[Json]:
    return [
        _parameter(
            "after",
            "The `next` of the answer before; 0 is the beginning, `latest` only what comes from now on, a time the "
            f"first change of then or later ({TIME_FORMS}, but a plain number is a `next`). Of a named consumer: "
            "acknowledges up to here, instead of what the answer before delivered.",
            {**_START, "default": "0"},
        ),
        _parameter(
            "wait", f"Seconds to wait for a change; at most {MAX_WAIT:.0f}.", {"type": "number", "minimum": 0}
        ),
        consumer_name(),
        _parameter(
            "from", "Where a consumer that is not known yet begins, as `after`; default oldest.", _START
        ),
        _parameter(
            "again",
            "1: acknowledge nothing, deliver the answer before again.",
            {"enum": ["0", "1"], "default": "0"},
        ),
    ]


def consumer_schemas() -> Json:
    properties = {
        "name": _STRING,
        "seq": {**_COUNT, "description": "Everything up to here is acknowledged."},
        "lag": {**_COUNT, "description": "Changes behind the newest."},
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
