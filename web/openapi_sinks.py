"""The part of the OpenAPI description about sinks."""

from __future__ import annotations

from eventcenter.forwarded import SinkState
from web.openapi_parts import COUNT, STRING, TIME, Json, list_of, object_of, operation, parameter, ref
from web.sinks_api import MAX_LETTERS

_MAYBE_TIME: Json = {"oneOf": [TIME, {"type": "null"}]}
_MAYBE: Json = {"type": ["string", "null"]}
_ERRORS = {
    400: "A parameter, the body or the address of a sink is wrong; the message says what.",
    403: "A page of another site sent it.",
    404: "There is no such sink; the message names those there are.",
    409: "There is a sink of that name already, or it is one of the settings, or nothing is forwarded here.",
    413: "The body is too long.",
    415: "The body is not JSON.",
    503: "The store cannot be read or written now. See Retry-After.",
}


def sink_schemas() -> Json:
    sink = {
        "name": STRING,
        "kind": STRING,
        "address": {**STRING, "description": "With *** in place of secrets."},
        "origin": {"enum": ["settings", "page"]},
        "for_people": {"type": "boolean"},
        "state": {"enum": [state.value for state in SinkState]},
        "seq": {**COUNT, "description": "Everything up to here is delivered, or not for this sink."},
        "lag": {**COUNT, "description": "Changes behind the newest."},
        "lag_seconds": {"type": "number", "description": "Age of the oldest change that it has not seen."},
        "sent": {
            **COUNT,
            "description": "Events that the destination took since the start; for people messages.",
        },
        "failed": {**COUNT, "description": "Events that were refused for good."},
        "retried": {**COUNT, "description": "Deliveries that had to be tried again."},
        "dead": {**COUNT, "description": "Dead letters that are kept."},
        "last_sent": _MAYBE_TIME,
        "last_error": _MAYBE,
        "last_error_time": _MAYBE_TIME,
        "retry_at": _MAYBE_TIME,
        "notices": list_of(STRING),
    }
    option = {
        "name": STRING,
        "help": STRING,
        "default": _MAYBE,
        **{name: {"type": "boolean"} for name in ("required", "repeatable", "secret")},
    }
    kind = {
        "name": STRING,
        "summary": STRING,
        "example": STRING,
        "for_people": {"type": "boolean"},
        "in_page": {"type": "boolean", "description": "Whether it can be set up by this API and the page."},
        "extra": {**_MAYBE, "description": "The optional extra that brings its client library."},
        "options": list_of(object_of(option)),
    }
    letter = {
        "id": COUNT,
        "seq": COUNT,
        "about": STRING,
        "reason": STRING,
        "time": TIME,
        "again": {"type": "boolean", "description": "It waits to be sent once more."},
    }
    ids = {
        "type": ["array", "null"],
        "items": {"type": "integer", "minimum": 1, "maximum": 2**63 - 1},
        "maxItems": MAX_LETTERS,
        "description": "Null: all.",
    }
    text = {**STRING, "minLength": 1}
    return {
        "Sink": object_of(sink),
        "Sinks": object_of({"sinks": list_of(ref("Sink"))}),
        "SinkAddress": object_of({"uri": {**text, "description": "NAME:URL?key=value."}}),
        "SinkKinds": object_of({"kinds": list_of(object_of(kind))}),
        "SinkTestOf": {
            "oneOf": [object_of({"name": text}), object_of({"uri": text})],
        },
        "SinkTest": object_of(
            {
                "ok": {"type": "boolean"},
                "text": {**STRING, "description": "What happened."},
                "message": {
                    **_MAYBE,
                    "description": "What people were told; null for a sink that gets events.",
                },
            }
        ),
        "DeadLetters": object_of({"dead_letters": list_of(object_of(letter))}),
        "DeadLetterAction": object_of({"action": {"enum": ["send_again", "drop"]}, "ids": ids}, "ids"),
        "Count": object_of({"count": COUNT}),
    }


def sink_paths(instance: Json) -> Json:
    name = parameter("name", "Of the sink.", {**STRING, "minLength": 1}, "path")
    limit = parameter(
        "limit", "At most so many.", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}
    )

    def one(
        summary: str,
        answer: str | None,
        errors: tuple[int, ...],
        *parameters: Json,
        status: str = "200",
        body: str = "",
    ) -> Json:
        told = {code: _ERRORS[code] for code in (400, 404, 503, *errors)}
        return operation(summary, answer, [*parameters, instance], told, status=status, body=body)

    changing = (403, 409, 413, 415)
    return {
        "/api/v1/sinks": {
            "get": one("How each sink is doing", "Sinks", ()),
            "post": one("Set up a sink", "Sink", changing, status="201", body="SinkAddress"),
        },
        "/api/v1/sinks/{name}": {
            "delete": one(
                "Remove a sink that was set up by the API or the page", None, (403, 409), name, status="204"
            )
        },
        "/api/v1/sink-kinds": {"get": one("All kinds of sinks with their options", "SinkKinds", (409,))},
        "/api/v1/sink-tests": {
            "post": one(
                "Send one test event to a sink or an address", "SinkTest", changing, body="SinkTestOf"
            )
        },
        "/api/v1/sinks/{name}/dead-letters": {
            "get": one("What was refused for good, newest first", "DeadLetters", (409,), name, limit),
            "post": one(
                "Send dead letters again, or drop them", "Count", changing, name, body="DeadLetterAction"
            ),
        },
    }
