"""The OpenAPI 3.1 description of the API. A test sends what it allows and checks the answers."""

from __future__ import annotations

from typing import Any

import eventcenter
from eventcenter.query import DEFAULT_LIMIT, FIELDS, GLOB_FIELDS, MAX_LIMIT, TIME_FORMS
from eventcenter.search import MAX_CHARS
from web.changes import STREAM
from web.openapi_consuming import change_parameters, consumer_name, consumer_schemas
from web.query_api import MAX_ROWS

Json = dict[str, Any]

_STRING: Json = {"type": "string"}
_COUNT: Json = {"type": "integer"}
_TIME: Json = {"type": "string", "format": "date-time"}


def _object(properties: Json, *optional: str) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(of: Json) -> Json:
    return {"type": "array", "items": of}


_EVENT: Json = {
    "seq": {**_COUNT, "description": "Number of its newest change; grows with every change of any event."},
    "uid": {**_STRING, "description": "metadata.uid of the Kubernetes object."},
    "instance": _STRING,
    "level": {**_STRING, "description": "Normal or Warning."},
    **{name: _STRING for name in ("reason", "kind", "namespace", "name", "object_uid", "field_path")},
    **{name: _STRING for name in ("message", "component", "hostname")},
    "count": _COUNT,
    "first_time": _TIME,
    "last_time": {**_TIME, "description": "The event time."},
    "action": _STRING,
    "problem": {**_STRING, "description": "Id of the catalogue entry that it matches, else empty."},
    "api_version": _STRING,
}
_EXPLANATION = {name: _STRING for name in ("meaning", "likely_cause", "what_to_do")}
_EVENT_OR_RECORD: Json = {"anyOf": [_ref("Event"), _ref("Record")]}
_NUMBERS = {name: _COUNT for name in ("normal", "warning", "errors")}

_SCHEMAS: Json = {
    "Error": _object({"error": _object({"code": _STRING, "message": _STRING, "hint": _STRING})}),
    "Event": _object(_EVENT),
    "Page": _object(
        {
            "events": _list(_EVENT_OR_RECORD),
            "next": {"type": ["string", "null"], "description": "Give it as `cursor`; null at the end."},
            "searched_to": {
                "oneOf": [_TIME, {"type": "null"}],
                "description": "Null as a rule. A time: the search took too long for one page and has come to here; "
                "`next` goes on.",
            },
        }
    ),
    "Occurrence": _object(
        {"seq": _COUNT, "time": _TIME, "count": _COUNT, "occurrences": _COUNT, "message": _STRING}
    ),
    "EventDetail": _object(
        {
            **_EVENT,
            "raw": {"type": "object", "description": "The object as the cluster sent it."},
            "occurrences": _list(_ref("Occurrence")),
            "explanation": {"oneOf": [_object(_EXPLANATION), {"type": "null"}]},
        }
    ),
    "Change": _object({**_EVENT, "occurrences": {**_COUNT, "description": "Occurrences that it added."}}),
    "Record": {
        "type": "object",
        "description": "Flat, as the hosted event center has it; the labels of the settings stand in it too.",
        "properties": {
            "hostname": _STRING,
            "level": _STRING,
            "pod_id": {**_STRING, "description": "Only where the event is about a Pod, as pod_name."},
            "pod_name": _STRING,
            "event_id": {**_STRING, "description": "The whole Event as JSON."},
        },
        "required": ["hostname", "level", "event_id"],
        "additionalProperties": _STRING,
    },
    "Changes": _object(
        {
            "changes": _list({"anyOf": [_ref("Change"), _ref("Record")]}),
            "next": {**_COUNT, "description": "Give it as `after`."},
            "missed": {
                **_COUNT,
                "description": "Of a named consumer: changes before `next` that were deleted before it read them.",
            },
            "lag": {**_COUNT, "description": "Of a named consumer: changes after `next`."},
        },
        "missed",
        "lag",
    ),
    **consumer_schemas(),
    "Top": _object({"value": _STRING, "occurrences": _COUNT}),
    "Overview": _object(
        {
            "instance": _STRING,
            "demo": {"type": "boolean"},
            "seq": _COUNT,
            "from": _TIME,
            "to": _TIME,
            "totals": _object({"total": _COUNT, **_NUMBERS}),
            "errors_today": _COUNT,
            "errors_yesterday": {**_COUNT, "description": "In the same hours, midnight to now, of `tz`."},
            "bucket_seconds": {"type": "number"},
            "trend": _list(_object({"time": _TIME, **_NUMBERS})),
            **{name: _list(_ref("Top")) for name in ("top_reasons", "top_namespaces", "top_nodes")},
            "oom": _list(_ref("Event")),
            "elapsed_ms": {"type": "number"},
        }
    ),
    "Question": _object(
        {
            "query": {
                **_STRING,
                "minLength": 1,
                "description": "`search`, or `search | SELECT …`; `*` is all.",
            },
            **{name: {"type": ["string", "number", "null"]} for name in ("from", "to")},
            "limit": {"type": ["integer", "null"], "minimum": 1, "maximum": MAX_ROWS},
        },
        "from",
        "to",
        "limit",
    ),
    "Answer": _object(
        {
            "columns": _list(_STRING),
            "rows": _list(_list({"type": ["string", "number", "boolean", "null"]})),
            "elapsed_ms": {"type": "number"},
            "truncated": {"type": "boolean", "description": "Whether there are more rows than are shown."},
        }
    ),
    "Version": _object({"version": _STRING, "instance": _STRING, "demo": {"type": "boolean"}}),
    "Health": _object({"status": _STRING}),
    "Readiness": _object({"status": _STRING, "reasons": _list(_STRING)}),
    "NotReady": _object({"status": _STRING, "reasons": _list(_STRING), "error": {"type": "object"}}),
}


def _parameter(name: str, description: str, schema: Json, place: str = "query") -> Json:
    return {
        "name": name,
        "in": place,
        "description": description,
        "schema": schema,
        "required": place == "path",
    }


def _filter(name: str) -> Json:
    globs = " `*` stands for anything." if name in GLOB_FIELDS else ""
    return _parameter(name, f"Comma-separated; one of them has to be equal.{globs}", _STRING)


_INSTANCE = _parameter("instance", "Watched cluster, comma-separated; default all.", _STRING)
_FROM = _parameter("from", f"Start, inclusive: {TIME_FORMS}.", _STRING)
_TO = _parameter("to", f"End, exclusive: {TIME_FORMS}.", _STRING)
_LIMIT = _parameter(
    "limit",
    "At most so many.",
    {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
)
_FORMAT = _parameter(
    "format", "How each is shown; record: flat.", {"enum": ["event", "record"], "default": "event"}
)


def _content(schema: str, kind: str = "application/json") -> Json:
    return {kind: {"schema": _ref(schema)}}


def _get(summary: str, schema: str, parameters: list[Json], *errors: int, **more: Json) -> Json:
    responses: Json = {"200": {"description": "OK", "content": _content(schema)}}
    for status in (400, 503, *errors):
        responses[str(status)] = {"description": _ERRORS[status], "content": _content("Error")}
    return {"get": {"summary": summary, "parameters": parameters, "responses": {**responses, **more}}}


_ERRORS = {
    400: "A parameter is wrong; the message names it.",
    408: "The query took too long; the hint says how to make it smaller.",
    413: "The body is too long.",
    415: "The body is not JSON.",
    422: "The query needs more memory than it may have.",
    429: "As many queries run as may. See Retry-After.",
    403: "A browser asks for a page of another site.",
    409: "The consumer is another's now, or there are as many as may be.",
    404: "There is no such thing; the message names what there is.",
    503: "The store cannot be read now, or too many requests wait for changes. See Retry-After.",
}


def _query() -> Json:
    path = _get(
        f"Run a query (docs/queries.md); times as in {TIME_FORMS}",
        "Answer",
        [_INSTANCE],
        404,
        408,
        413,
        415,
        422,
        429,
    )
    body = {"required": True, "content": _content("Question")}
    return {"post": {**path["get"], "requestBody": body}}


def _forget() -> Json:
    path = _get("Forget a named consumer", "Consumers", [consumer_name("path"), _INSTANCE], 403, 404)["get"]
    errors = {status: answer for status, answer in path["responses"].items() if status != "200"}
    return {"delete": {**path, "responses": {"204": {"description": "It is forgotten."}, **errors}}}


def _paths() -> Json:
    filters = [_filter(name) for name in FIELDS]
    search = _parameter(
        "q",
        'Search: words, "phrases", prefixes*, field:value, count > 5, and, or, not, ( ).',
        {**_STRING, "maxLength": MAX_CHARS},
    )
    cursor = _parameter("cursor", "The `next` of the page before.", _STRING)
    order = _parameter("order", "Newest first, or oldest.", {"enum": ["desc", "asc"], "default": "desc"})
    uid = _parameter("uid", "uid of the event.", {**_STRING, "minLength": 1}, "path")
    zone = _parameter("tz", "IANA time zone that says where a day begins.", {**_STRING, "default": "UTC"})
    changes = _get(
        "Every change in order",
        "Changes",
        [*change_parameters(), _LIMIT, search, _FORMAT, _INSTANCE],
        403,
        404,
        409,
    )
    changes["get"]["responses"]["200"]["content"][STREAM] = {
        "schema": {
            "type": "string",
            "description": "One message a change, `id` its seq, `data` the Change or Record. To a named consumer also "
            "messages of the type `missed`.",
        }
    }
    not_ready = {"description": "Not ready; says why.", "content": _content("NotReady")}
    return {
        "/api/v1/events": _get(
            "List events",
            "Page",
            [_FROM, _TO, *filters, search, _LIMIT, cursor, order, _FORMAT, _INSTANCE],
            404,
        ),
        "/api/v1/events/{uid}": _get(
            "One event, with its raw object and its history", "EventDetail", [uid, _INSTANCE], 404
        ),
        "/api/v1/changes": changes,
        "/api/v1/consumers": _get("Named consumers", "Consumers", [_INSTANCE], 404),
        "/api/v1/consumers/{name}": _forget(),
        "/api/v1/overview": _get(
            "Totals, trend and tops of a range", "Overview", [_FROM, _TO, zone, _INSTANCE], 404
        ),
        "/api/v1/query": _query(),
        "/api/v1/version": _get("What runs here", "Version", [_INSTANCE], 404),
        "/healthz": _get("Is the process alive", "Health", []),
        "/readyz": _get("Is it collecting and storing", "Readiness", [], **{"503": not_ready}),
    }


def document() -> Json:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Event center",
            "version": eventcenter.__version__,
            "description": "Every event of a Kubernetes cluster. Times are RFC 3339 in UTC.",
        },
        "paths": _paths(),
        "components": {"schemas": _SCHEMAS},
    }
