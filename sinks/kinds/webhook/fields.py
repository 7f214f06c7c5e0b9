"""The fields of an event by the names that Go's templates know them by: those of the struct `v1.Event`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from eventcenter.shapes import moment
from sinks.delivery import Item
from sinks.gotemplate import ANY

_REFERENCE = {
    "Kind": "kind",
    "Namespace": "namespace",
    "Name": "name",
    "UID": "uid",
    "APIVersion": "apiVersion",
    "ResourceVersion": "resourceVersion",
    "FieldPath": "fieldPath",
}
_METADATA = {
    "Name": "name",
    "GenerateName": "generateName",
    "Namespace": "namespace",
    "UID": "uid",
    "ResourceVersion": "resourceVersion",
}
NEVER = "0001-01-01 00:00:00 +0000 UTC"
"""How Go writes a time that is not set."""


def fields(item: Item) -> dict[str, Any]:
    """What is the same in both shapes of Kubernetes' events comes from our event, the rest from the object."""
    event, raw = item.event, item.raw
    about = _mapping(raw, "involvedObject", "regarding")
    series = _mapping(raw, "series")
    metadata = _mapping(raw, "metadata")
    named = {go: metadata.get(name) or "" for go, name in _METADATA.items()}
    kept = {
        "CreationTimestamp": _go_text(metadata.get("creationTimestamp")),
        "Labels": _mapping(metadata, "labels"),
        "Annotations": _mapping(metadata, "annotations"),
    }
    return {
        **named,
        **kept,
        "Kind": "Event",
        "APIVersion": raw.get("apiVersion") or "v1",
        "ObjectMeta": named | kept,
        "InvolvedObject": {
            "Kind": event.kind,
            "Namespace": event.namespace,
            "Name": event.name,
            "UID": event.object_uid,
            "APIVersion": event.api_version,
            "ResourceVersion": about.get("resourceVersion") or "",
            "FieldPath": event.field_path,
        },
        "Reason": event.reason,
        "Message": event.message,
        "Source": {"Component": event.component, "Host": event.hostname},
        "FirstTimestamp": go_time(event.first_time),
        "LastTimestamp": go_time(event.last_time),
        "Count": event.count,
        "Type": event.level,
        "EventTime": _go_text(raw.get("eventTime")),
        "Series": {
            "Count": series.get("count") or 0,
            "LastObservedTime": _go_text(series.get("lastObservedTime")),
        },
        "Action": event.action,
        "Related": {go: _mapping(raw, "related").get(name) or "" for go, name in _REFERENCE.items()},
        "ReportingController": raw.get("reportingComponent") or raw.get("reportingController") or "",
        "ReportingInstance": raw.get("reportingInstance") or "",
    }


def known_fields(example: Item) -> dict[str, Any]:
    """The names alone, for checking a template."""
    found = fields(example)
    for place in (found, found["ObjectMeta"]):
        place["Labels"] = place["Annotations"] = ANY
    return found


def go_time(time: int) -> str:
    """As Go prints a time: `2025-12-25 12:00:00 +0000 UTC`."""
    return _go(moment(time))


def _go_text(text: Any) -> str:
    try:
        return _go(datetime.fromisoformat(text).astimezone(UTC)) if text else NEVER
    except (TypeError, ValueError, OverflowError):
        return NEVER


def _go(time: datetime) -> str:
    fraction = f".{time.microsecond:06}".rstrip("0") if time.microsecond else ""
    return f"{time:%Y-%m-%d %H:%M:%S}{fraction} +0000 UTC"


def _mapping(raw: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    found = next((raw[name] for name in names if raw.get(name)), None)
    return found if isinstance(found, Mapping) else {}
