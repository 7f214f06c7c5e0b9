"""The JSON of the contract: structs of `model` into dictionaries, times as RFC 3339 in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from eventcenter.model import Event, EventDetail, Occurrence, Overview, StoredChange, TopEntry

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = -62_135_596_800_000, 253_402_300_799_999


def moment(time: int) -> datetime:
    """A time in ms as a datetime; what Python's calendar cannot hold becomes its first or last moment."""
    return _EPOCH + timedelta(milliseconds=min(max(time, _FIRST), _LAST))


def local(time: int, zone: tzinfo) -> datetime:
    """For display. A day away from the ends of the calendar, so that no offset leads beyond them."""
    day = 86_400_000
    return moment(min(max(time, _FIRST + day), _LAST - day)).astimezone(zone)


def rfc3339(time: int) -> str:
    """Milliseconds are written only where there are any."""
    text = moment(time).isoformat(timespec="milliseconds" if time % 1000 else "seconds")
    return text.removesuffix("+00:00") + "Z"


def event(item: Event) -> dict[str, Any]:
    return {
        "seq": item.seq,
        "uid": item.uid,
        "instance": item.instance,
        "level": item.level,
        "reason": item.reason,
        "kind": item.kind,
        "namespace": item.namespace,
        "name": item.name,
        "object_uid": item.object_uid,
        "field_path": item.field_path,
        "message": item.message,
        "component": item.component,
        "hostname": item.hostname,
        "count": item.count,
        "first_time": rfc3339(item.first_time),
        "last_time": rfc3339(item.last_time),
        "action": item.action,
        "problem": item.problem,
        "api_version": item.api_version,
    }


def change(item: StoredChange) -> dict[str, Any]:
    return {**event(item.event), "occurrences": item.occurrences}


def occurrence(item: Occurrence) -> dict[str, Any]:
    return {
        "seq": item.seq,
        "time": rfc3339(item.time),
        "count": item.count,
        "occurrences": item.occurrences,
        "message": item.message,
    }


def detail(item: EventDetail, explanation: Mapping[str, str] | None) -> dict[str, Any]:
    return {
        **event(item.event),
        "raw": item.raw,
        "occurrences": [occurrence(entry) for entry in item.occurrences],
        "explanation": explanation,
    }


def _top(entries: list[TopEntry]) -> list[dict[str, Any]]:
    return [{"value": entry.value, "occurrences": entry.occurrences} for entry in entries]


def overview(item: Overview) -> dict[str, Any]:
    return {
        "from": rfc3339(item.from_time),
        "to": rfc3339(item.to_time),
        "totals": {
            "total": item.totals.total,
            "normal": item.totals.normal,
            "warning": item.totals.warning,
            "errors": item.totals.errors,
        },
        "errors_today": item.errors_today,
        "errors_yesterday": item.errors_yesterday,
        "bucket_seconds": item.bucket_ms / 1000,
        "trend": [
            {"time": rfc3339(b.time), "normal": b.normal, "warning": b.warning, "errors": b.errors}
            for b in item.trend
        ],
        "top_reasons": _top(item.top_reasons),
        "top_namespaces": _top(item.top_namespaces),
        "top_nodes": _top(item.top_nodes),
        "oom": [event(entry) for entry in item.oom],
    }
