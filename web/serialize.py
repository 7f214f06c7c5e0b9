"""The JSON of the contract: structs of `model` into dictionaries, times as RFC 3339 in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventcenter.model import Event, EventDetail, Occurrence, Overview, Page, StoredChange, TopEntry
from eventcenter.shapes import event_shape, record_shape, rfc3339


def page(item: Page, records: list[dict[str, str]] | None = None) -> dict[str, Any]:
    return {
        "events": [event_shape(event) for event in item.events] if records is None else records,
        "next": item.next,
        "searched_to": None if item.searched_to is None else rfc3339(item.searched_to),
    }


def records(
    events: list[Event], raws: Mapping[int, dict[str, Any]], labels: Mapping[str, str]
) -> list[dict[str, str]]:
    """Records of the hosted event center; none of an event that retention has taken since it was read."""
    return [record_shape(event, raws[event.seq], labels) for event in events if event.seq in raws]


def change(item: StoredChange) -> dict[str, Any]:
    return {**event_shape(item.event), "occurrences": item.occurrences}


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
        **event_shape(item.event),
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
        "oom": [event_shape(entry) for entry in item.oom],
    }
