"""What `GET /api/v1/usage` takes and answers, for the description of the API."""

from __future__ import annotations

from eventcenter.query import MAX_LIMIT
from web.openapi_parts import COUNT, STRING, TIME, Json, list_of, object_of, parameter, ref
from web.usage_params import USAGE_DAYS, USAGE_ROWS

_DAY: Json = {"type": "string", "format": "date", "description": "A day in UTC."}
_BYTES: Json = {**COUNT, "description": "Their share of the used bytes of the file: an estimate."}
_AMOUNT: Json = {"events": COUNT, "occurrences": COUNT, "bytes": _BYTES}
_LEVELS: Json = list_of(object_of({"level": STRING, **_AMOUNT}))
_NAMED: Json = list_of(
    object_of(
        {"value": STRING, **_AMOUNT, "share": {"type": "number", "description": "Of the bytes, 0 to 1."}}
    )
)
_RETENTION: Json = {
    "normal_days": {"type": "number"},
    "warning_days": {"type": "number"},
    "max_bytes": {"type": ["integer", "null"]},
}


def _or_null(schema: Json, description: str) -> Json:
    return {"oneOf": [schema, {"type": "null"}], "description": description}


def usage_parameters() -> list[Json]:
    text = f"Rows of each list; of days all of the range are given (default: the last {USAGE_DAYS})."
    duration = "as in 30d (m, h, d or w, 1h to 3650d). Answered in `would_delete`."
    return [
        parameter(
            "limit", text, {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": USAGE_ROWS}
        ),
        parameter("retention", f"Preview: keep events so long, {duration}", STRING),
        parameter("retention_warning", f"Preview: keep Warnings so long, {duration}", STRING),
    ]


def usage_schemas() -> Json:
    cost = {**_RETENTION, "events": COUNT, "bytes": COUNT, "fits": {"type": "boolean"}}
    rate = ref("UsageRate")
    return {
        "UsageRate": object_of({"events": COUNT, "occurrences": COUNT, "bytes": COUNT}),
        "RetentionCost": object_of(cost),
        "WouldDelete": object_of(
            {
                "retention": object_of(_RETENTION),
                "events": COUNT,
                "stored": COUNT,
                "freed_bytes": COUNT,
                "days": list_of(object_of({"day": _DAY, "level": STRING, "events": COUNT})),
            }
        ),
        "Usage": object_of(
            {
                "instance": STRING,
                "demo": {"type": "boolean"},
                "time": TIME,
                "stored": object_of(
                    {
                        **_AMOUNT,
                        "since": _or_null(TIME, "The quarter of an hour of the oldest."),
                        "levels": _LEVELS,
                    }
                ),
                "file": object_of({"bytes": COUNT, "used_bytes": COUNT, "free_bytes": COUNT}),
                "disk": object_of({"free_bytes": COUNT, "total_bytes": COUNT}),
                "days": list_of(object_of({"day": _DAY, **_AMOUNT, "levels": _LEVELS})),
                "namespaces": _NAMED,
                "reasons": _NAMED,
                "kinds": _NAMED,
                "namespace_reasons": object_of(
                    {
                        "from_day": _DAY,
                        "rows": list_of(object_of({"namespace": STRING, "reason": STRING, **_AMOUNT})),
                    }
                ),
                "growth": object_of(
                    {
                        "days": {
                            "type": "number",
                            "description": "`a_day` is the mean of so many; 7 if there are.",
                        },
                        "a_day": _or_null(rate, "null within the first hour."),
                        "a_day_before": _or_null(
                            rate, "Of the 7 days before; null where they are not all kept."
                        ),
                        "change": {
                            "type": ["number", "null"],
                            "description": "Of bytes a day; 0.1 is a tenth more.",
                        },
                    }
                ),
                "retention": object_of(_RETENTION),
                "settles_at": _or_null(ref("RetentionCost"), "With the retention in force; an estimate."),
                "disk_full_in_days": {
                    "type": ["integer", "null"],
                    "description": "null: it will not be, or unknown.",
                },
                "other_retentions": list_of(ref("RetentionCost")),
                "would_delete": _or_null(
                    ref("WouldDelete"), "Of the parameters `retention`, `retention_warning`."
                ),
            }
        ),
    }
