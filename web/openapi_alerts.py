"""The part of the OpenAPI description about alerts and rules."""

from __future__ import annotations

from typing import Any

from web.alerts_api import STATES
from web.openapi_parts import COUNT, STRING, TIME, Json, list_of, object_of, parameter, ref

_MAYBE_TIME: Json = {"oneOf": [TIME, {"type": "null"}]}
_TEXTS: Json = {"type": "object", "additionalProperties": STRING}
_SEVERITY: Json = {"enum": ["critical", "high", "medium", "low", "info"]}


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
        "Alerts": object_of({"alerts": list_of(object_of(alert))}),
        "Rules": object_of({"rules": list_of(object_of(rule, *(rule.keys() - always)))}),
    }


def alert_paths(since: Json, until: Json, limit: Json, instance: Json, error: Json) -> Json:
    state = parameter(
        "state",
        "active: pending and firing; resolved: over in the range.",
        {"enum": list(STATES), "default": "active"},
    )

    def get(summary: str, answer: str, *parameters: Json) -> Json:
        errors = {
            400: "A parameter is wrong.",
            404: "There is no such instance.",
            503: "The store cannot be read now.",
        }
        responses: dict[str, Any] = {
            "200": {"description": "OK", "content": {"application/json": {"schema": ref(answer)}}}
        }
        responses |= {str(code): {"description": text, "content": error} for code, text in errors.items()}
        return {"get": {"summary": summary, "parameters": [*parameters, instance], "responses": responses}}

    return {
        "/api/v1/alerts": get("Alerts, the latest first", "Alerts", state, since, until, limit),
        "/api/v1/rules": get("Rules, as they are written", "Rules"),
    }
