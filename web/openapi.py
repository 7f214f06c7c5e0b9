"""The OpenAPI 3.1 description of the API. A test sends what it allows and checks the answers."""

from __future__ import annotations

from typing import Any

import eventcenter
from eventcenter.query import DEFAULT_LIMIT, FIELDS, GLOB_FIELDS, MAX_LIMIT, TIME_FORMS
from eventcenter.search import MAX_CHARS
from web.changes import STREAM
from web.openapi_alerts import alert_paths, alert_schemas
from web.openapi_consuming import change_parameters, consumer_name, consumer_schemas
from web.openapi_logs import log_parameters, log_schemas
from web.openapi_parts import (
    COUNT,
    STRING,
    TIME,
    Json,
    content,
    list_of,
    object_of,
    operation,
    parameter,
    ref,
)
from web.openapi_saved import saved_schemas
from web.openapi_sinks import sink_paths, sink_schemas
from web.openapi_usage import usage_parameters, usage_schemas
from web.query_api import MAX_ROWS

_EVENT: Json = {
    "seq": {**COUNT, "description": "Number of its newest change; grows with every change of any event."},
    "uid": {**STRING, "description": "metadata.uid of the Kubernetes object."},
    "instance": STRING,
    "level": {**STRING, "description": "Normal or Warning."},
    **{name: STRING for name in ("reason", "kind", "namespace", "name", "object_uid", "field_path")},
    **{name: STRING for name in ("message", "component", "hostname")},
    "count": COUNT,
    "first_time": TIME,
    "last_time": {**TIME, "description": "The event time."},
    "action": STRING,
    "problem": {**STRING, "description": "Id of the catalogue entry that it matches, else empty."},
    "api_version": STRING,
}
_EXPLANATION = {name: STRING for name in ("meaning", "likely_cause", "what_to_do")}
_EVENT_OR_RECORD: Json = {"anyOf": [ref("Event"), ref("Record")]}
_NUMBERS = {name: COUNT for name in ("normal", "warning", "errors")}

_SCHEMAS: Json = {
    "Error": object_of({"error": object_of({"code": STRING, "message": STRING, "hint": STRING})}),
    "Event": object_of(_EVENT),
    "Page": object_of(
        {
            "events": list_of(_EVENT_OR_RECORD),
            "next": {"type": ["string", "null"], "description": "Give it as `cursor`; null at the end."},
            "searched_to": {
                "oneOf": [TIME, {"type": "null"}],
                "description": "Null as a rule. A time: the search took too long for one page and has come to here; "
                "`next` goes on.",
            },
        }
    ),
    "Occurrence": object_of(
        {"seq": COUNT, "time": TIME, "count": COUNT, "occurrences": COUNT, "message": STRING}
    ),
    "EventDetail": object_of(
        {
            **_EVENT,
            "raw": {"type": "object", "description": "The object as the cluster sent it."},
            "occurrences": list_of(ref("Occurrence")),
            "explanation": {"oneOf": [object_of(_EXPLANATION), {"type": "null"}]},
        }
    ),
    "Change": object_of({**_EVENT, "occurrences": {**COUNT, "description": "Occurrences that it added."}}),
    "Record": {
        "type": "object",
        "description": "Flat, as the hosted event center has it; the labels of the settings stand in it too.",
        "properties": {
            "hostname": STRING,
            "level": STRING,
            "pod_id": {**STRING, "description": "Only where the event is about a Pod, as pod_name."},
            "pod_name": STRING,
            "event_id": {**STRING, "description": "The whole Event as JSON."},
        },
        "required": ["hostname", "level", "event_id"],
        "additionalProperties": STRING,
    },
    "Changes": object_of(
        {
            "changes": list_of({"anyOf": [ref("Change"), ref("Record")]}),
            "next": {**COUNT, "description": "Give it as `after`."},
            "missed": {
                **COUNT,
                "description": "Of a named consumer: changes before `next` that were deleted before it read them.",
            },
            "lag": {**COUNT, "description": "Of a named consumer: changes after `next`."},
        },
        "missed",
        "lag",
    ),
    **consumer_schemas(),
    "Top": object_of({"value": STRING, "occurrences": COUNT}),
    "Overview": object_of(
        {
            "instance": STRING,
            "demo": {"type": "boolean"},
            "seq": COUNT,
            "from": TIME,
            "to": TIME,
            "totals": object_of({"total": COUNT, **_NUMBERS}),
            "errors_today": COUNT,
            "errors_yesterday": {**COUNT, "description": "In the same hours, midnight to now, of `tz`."},
            "bucket_seconds": {"type": "number"},
            "trend": list_of(object_of({"time": TIME, **_NUMBERS})),
            **{name: list_of(ref("Top")) for name in ("top_reasons", "top_namespaces", "top_nodes")},
            "oom": list_of(ref("Event")),
            "elapsed_ms": {"type": "number"},
        }
    ),
    "Question": object_of(
        {
            "query": {
                **STRING,
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
    "Answer": object_of(
        {
            "columns": list_of(STRING),
            "rows": list_of(list_of({"type": ["string", "number", "boolean", "null"]})),
            "elapsed_ms": {"type": "number"},
            "truncated": {"type": "boolean", "description": "Whether there are more rows than are shown."},
        }
    ),
    **saved_schemas(),
    **sink_schemas(),
    **alert_schemas(),
    **log_schemas(),
    **usage_schemas(),
    "Version": object_of({"version": STRING, "instance": STRING, "demo": {"type": "boolean"}}),
    "Health": object_of({"status": STRING}),
    "Readiness": object_of({"status": STRING, "reasons": list_of(STRING)}),
    "NotReady": object_of({"status": STRING, "reasons": list_of(STRING), "error": {"type": "object"}}),
}


def _filter(name: str) -> Json:
    globs = " `*` stands for anything." if name in GLOB_FIELDS else ""
    return parameter(name, f"Comma-separated; one of them has to be equal.{globs}", STRING)


_INSTANCE = parameter("instance", "Watched cluster, comma-separated; default all.", STRING)
_FROM = parameter("from", f"Start, inclusive: {TIME_FORMS}.", STRING)
_TO = parameter("to", f"End, exclusive: {TIME_FORMS}.", STRING)
_LIMIT = parameter(
    "limit",
    "At most so many.",
    {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
)
_FORMAT = parameter(
    "format", "How each is shown; record: flat.", {"enum": ["event", "record"], "default": "event"}
)


def _get(summary: str, schema: str, parameters: list[Json], *errors: int, **more: Json) -> Json:
    made = operation(summary, schema, parameters, {status: _ERRORS[status] for status in (400, 503, *errors)})
    made["responses"] |= more
    return {"get": made}


_ERRORS = {
    400: "A parameter is wrong; the message names it.",
    408: "The query took too long; the hint says how to make it smaller.",
    413: "The body is too long.",
    415: "The body is not JSON.",
    422: "The query needs more memory than it may have.",
    429: "As many queries run as may. See Retry-After.",
    403: "A page of another site sent it.",
    409: "Something else has the name (or the consumer is another's now), or there are too many.",
    404: "There is no such thing; the message names what there is.",
    503: "The store cannot be read now, the cluster is away, or too many requests wait for changes. See Retry-After.",
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
    body = {"required": True, "content": content("Question")}
    return {"post": {**path["get"], "requestBody": body}}


def _saved() -> Json:
    """All of it, and one by its number."""
    id = parameter("id", "Number of the saved query.", {"type": "integer", "minimum": 1}, "path")
    body = {"required": True, "content": content("QueryDraft")}
    wrong = (403, 404, 409, 413, 415)

    def one(
        verb: str, summary: str, status: str, schema: str | None, parameters: list[Json], **more: Any
    ) -> Json:
        made = _get(
            summary, schema or "SavedQuery", [*parameters, _INSTANCE], *(wrong if more else (403, 404))
        )
        responses = made["get"]["responses"]
        ok = responses.pop("200")
        responses[status] = ok if schema else {"description": "Gone"}
        return {verb: {**made["get"], **more}}

    return {
        "/api/v1/saved-queries": {
            **one("get", "Saved queries, in their order", "200", "SavedQueries", []),
            **one("post", "Save a query", "201", "SavedQuery", [], requestBody=body),
        },
        "/api/v1/saved-queries/{id}": {
            **one("get", "One saved query", "200", "SavedQuery", [id]),
            **one("put", "Change a saved query", "200", "SavedQuery", [id], requestBody=body),
            **one("delete", "Delete a saved query", "204", None, [id]),
        },
    }


def _forget() -> Json:
    path = _get("Forget a named consumer", "Consumers", [consumer_name("path"), _INSTANCE], 403, 404)["get"]
    errors = {status: answer for status, answer in path["responses"].items() if status != "200"}
    return {"delete": {**path, "responses": {"204": {"description": "It is forgotten."}, **errors}}}


def _paths() -> Json:
    filters = [_filter(name) for name in FIELDS]
    search = parameter(
        "q",
        'Search: words, "phrases", prefixes*, field:value, count > 5, and, or, not, ( ).',
        {**STRING, "maxLength": MAX_CHARS},
    )
    cursor = parameter("cursor", "The `next` of the page before.", STRING)
    order = parameter("order", "Newest first, or oldest.", {"enum": ["desc", "asc"], "default": "desc"})
    uid = parameter("uid", "uid of the event.", {**STRING, "minLength": 1}, "path")
    zone = parameter("tz", "IANA time zone that says where a day begins.", {**STRING, "default": "UTC"})
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
    not_ready = {"description": "Not ready; says why.", "content": content("NotReady")}
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
        "/api/v1/events/{uid}/logs": _get(
            "The log of the container that an event is about, live or as it was kept at crash time",
            "ContainerLog",
            [uid, *log_parameters(), _INSTANCE],
            404,
            **{"403": {"description": "The right to get pods/log is missing.", "content": content("Error")}},
        ),
        "/api/v1/changes": changes,
        "/api/v1/consumers": _get("Named consumers", "Consumers", [_INSTANCE], 404),
        "/api/v1/consumers/{name}": _forget(),
        "/api/v1/overview": _get(
            "Totals, trend and tops of a range", "Overview", [_FROM, _TO, zone, _INSTANCE], 404
        ),
        "/api/v1/query": _query(),
        **_saved(),
        **alert_paths(_FROM, _TO, _LIMIT, _INSTANCE),
        **sink_paths(_INSTANCE),
        "/api/v1/usage": _get(
            "What is stored, how much room it takes, what it will come to",
            "Usage",
            [_FROM, _TO, *usage_parameters(), _INSTANCE],
            404,
        ),
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
