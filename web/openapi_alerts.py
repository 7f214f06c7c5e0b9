"""The part of the OpenAPI description about alerts and rules."""

from __future__ import annotations

from collections.abc import Callable

from eventcenter.alerted import Outcome
from eventcenter.rules import SEVERITIES
from web.alerts_api import STATES
from web.notifications_api import MAX_LENGTH_S, MAX_MATCHERS, MAX_TEXT
from web.openapi_parts import COUNT, STRING, TIME, Json, list_of, object_of, operation, parameter, ref

_MAYBE_TIME: Json = {"oneOf": [TIME, {"type": "null"}]}
_TEXTS: Json = {"type": "object", "additionalProperties": STRING}
_ERRORS = {
    400: "A parameter or the body is wrong.",
    403: "A page of another site sent it.",
    404: "There is no such thing.",
    409: "Alerts are not judged here.",
    413: "The body is too long.",
    415: "The body is not JSON.",
    503: "The store cannot be read or written now.",
}
_SEVERITY: Json = {"enum": list(SEVERITIES)}


def alert_schemas() -> Json:
    alert = {
        "id": COUNT,
        "rule": STRING,
        "title": STRING,
        "severity": _SEVERITY,
        "state": {"enum": ["pending", "firing", "resolved"]},
        "labels": {**_TEXTS, "description": "What tells it from other alerts of the rule."},
        "since": {**TIME, "description": "When the condition began to hold."},
        "fired": _MAYBE_TIME,
        "resolved": _MAYBE_TIME,
        "newest": {**TIME, "description": "Of its newest occurrence."},
        "occurrences": COUNT,
        "names": {
            "type": "object",
            "additionalProperties": COUNT,
            "description": "Objects with their occurrences, the first fifty.",
        },
        "message": {**STRING, "description": "Of the newest event."},
        "why": {"type": ["string", "null"], "description": "Why it is over."},
    }
    rule = {
        "name": STRING,
        "title": _TEXTS,
        "severity": _SEVERITY,
        "problem": STRING,
        "search": STRING,
        "absent_for": STRING,
        "count": COUNT,
        "within": STRING,
        "group_by": list_of(STRING),
        "for": STRING,
        "resolve_on": list_of(STRING),
        "quiet": STRING,
        "enabled": {"type": "boolean"},
        "refines": STRING,
        "labels": _TEXTS,
        "annotations": _TEXTS,
    }
    always = {"name", "title", "severity", "quiet", "enabled"}
    return {
        **_notification_schemas(),
        "Alerts": object_of({"alerts": list_of(object_of(alert))}),
        "Rules": object_of({"rules": list_of(object_of(rule, *(rule.keys() - always)))}),
    }


def _notification_schemas() -> Json:
    seconds = {"type": "integer", "minimum": 1, "maximum": MAX_LENGTH_S}
    text = {**STRING, "maxLength": MAX_TEXT}
    silence = {
        "id": COUNT,
        "matchers": list_of(STRING),
        "starts": TIME,
        "ends": TIME,
        "author": STRING,
        "reason": STRING,
        "created": TIME,
        "before": {**_MAYBE_TIME, "description": "Only alerts that began by then (an acknowledgement)."},
        "state": {"enum": ["pending", "active", "ended"]},
    }
    draft = {
        "matchers": {
            **list_of({**STRING, "minLength": 1}),
            "minItems": 1,
            "maxItems": MAX_MATCHERS,
            "description": 'As Alertmanager\'s: namespace="shop", severity=~"low|info", team!="x".',
        },
        "starts": {**STRING, "description": "Default: now."},
        "ends": {**STRING, "description": "Or give `seconds`."},
        "seconds": seconds,
        "author": {**text, "minLength": 1},
        "reason": text,
    }
    entry = {
        "id": COUNT,
        "time": TIME,
        "outcome": {"enum": [outcome.value for outcome in Outcome]},
        "receivers": list_of(STRING),
        "labels": _TEXTS,
        "reason": {**STRING, "description": "Why it was told, or why not."},
        "rules": list_of(STRING),
        "firing": COUNT,
        "resolved": COUNT,
        "next": {**_MAYBE_TIME, "description": "When it is repeated, or looked at again."},
        "delivered": _MAYBE_TIME,
        "error": {"type": ["string", "null"], "description": "Of the channel."},
    }
    route = {
        "route": {**STRING, "description": "The matchers on the way to it."},
        "receivers": list_of(STRING),
        "group_by": list_of(STRING),
        **{name: {**COUNT, "description": "Seconds."} for name in ("group_wait", "group_interval")},
        "repeat_interval": {**list_of(COUNT), "description": "Seconds, the last step stays."},
    }
    return {
        "Silence": object_of(silence),
        "Silences": object_of({"silences": list_of(ref("Silence"))}),
        "SilenceDraft": object_of(draft, "starts", "ends", "seconds", "reason"),
        "Acknowledgement": object_of(
            {"seconds": seconds, "author": {**text, "minLength": 1}, "reason": text}, "seconds", "reason"
        ),
        "Notifications": object_of({"notifications": list_of(object_of(entry))}),
        "Routes": object_of({"routes": list_of(object_of(route)), "receivers": list_of(STRING)}),
    }


def alert_paths(since: Json, until: Json, limit: Json, instance: Json) -> Json:
    state = parameter(
        "state",
        "active: pending and firing; resolved: over in the range.",
        {"enum": list(STATES), "default": "active"},
    )

    def one(summary: str, answer: str | None, *parameters: Json, status: str = "200", body: str = "") -> Json:
        codes = (
            400,
            404,
            503,
            *((409,) if status != "200" or body else ()),
            *((403, 413, 415) if body else ()),
        )
        codes = (*codes, 403) if status == "204" else codes
        told = {code: _ERRORS[code] for code in codes}
        return operation(summary, answer, [*parameters, instance], told, status=status, body=body)

    id = parameter("id", "Its number.", {"type": "integer", "minimum": 1}, "path")
    return {
        "/api/v1/alerts": {"get": one("Alerts, the latest first", "Alerts", state, since, until, limit)},
        "/api/v1/rules": {"get": one("Rules, as they are written", "Rules")},
        "/api/v1/alerts/{id}/ack": {
            "post": one(
                "Say nothing more of an alert until it is over",
                "Silence",
                id,
                status="201",
                body="Acknowledgement",
            )
        },
        "/api/v1/silences/{id}": {"delete": one("End a silence now", None, id, status="204")},
        **_listed(one, limit),
    }


def _listed(one: Callable[..., Json], limit: Json) -> Json:
    preview = parameter(
        "preview", "Make none; answer with the active alerts that it matches.", {"type": "boolean"}
    )
    ended = parameter("ended", "Also those that have ended in the last 90 days.", {"type": "boolean"})
    labels = parameter("labels", "As in rule=pod-crash-loop,namespace=shop.", STRING)
    silence = one(
        "Say nothing of what fits all the matchers", "Silence", preview, status="201", body="SilenceDraft"
    )
    silence["responses"]["200"] = {
        "description": "With `preview`.",
        "content": {"application/json": {"schema": ref("Alerts")}},
    }
    listed = {
        "/api/v1/silences": {
            "get": one("Silences, the latest to end first", "Silences", ended),
            "post": silence,
        },
        "/api/v1/notifications": {
            "get": one("What was told, and what not and why; the latest first", "Notifications", limit)
        },
        "/api/v1/routes": {"get": one("Who would be told of an alert with these labels", "Routes", labels)},
    }
    for path in listed.values():
        path["get"]["responses"].setdefault("409", {"description": _ERRORS[409]})
    return listed
