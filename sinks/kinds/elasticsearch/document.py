"""What is kept of a change in Elasticsearch: kube-eventer's document, in an index for each day."""

from __future__ import annotations

from typing import Any

from eventcenter.shapes import moment, rfc3339
from sinks.delivery import Item
from sinks.settings import SinkSettings
from sinks.texts import json_text


def index_of(item: Item, settings: SinkSettings) -> str:
    """`INDEX-YYYY.MM.DD`, by the day on which the event was last seen (UTC)."""
    day = moment(item.event.last_time)
    parts = [settings["index"], f"{day.year:04}.{day.month:02}.{day.day:02}"]
    if settings["use_namespace"] and item.event.namespace:
        parts.insert(1, item.event.namespace)
    return "-".join(parts)


def document(item: Item, settings: SinkSettings) -> dict[str, Any]:
    event, raw = item.event, item.raw
    tags = {"eventID": event.uid, "cluster_name": settings["cluster_name"], "hostname": event.hostname}
    if event.kind == "Pod":
        tags |= {"pod_id": event.object_uid, "pod_name": event.name}
    return {
        "Count": event.count,
        "Metadata": raw.get("metadata") or {},
        "InvolvedObject": raw.get("involvedObject") or raw.get("regarding") or {},
        "Source": raw.get("source") or raw.get("deprecatedSource") or {},
        "FirstOccurrenceTimestamp": rfc3339(event.first_time),
        "LastOccurrenceTimestamp": rfc3339(event.last_time),
        "Message": event.message,
        "Reason": event.reason,
        "Type": event.level,
        "EventTags": tags,
    }


def action(item: Item, index: str, *, typed: bool) -> dict[str, Any]:
    """`create` with the key of the change: what is there already is not written again."""
    told: dict[str, Any] = {"_index": index, "_id": item.key}
    if typed:
        told["_type"] = "events"  # before version 7, which knows no types
    return {"create": told}


def line(value: Any) -> bytes:
    return json_text(value) + b"\n"
