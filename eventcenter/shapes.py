"""The shapes of the contract that more than one way out uses: times as RFC 3339, an event as JSON, a record.

API, pages, command line and sinks all show events through these, so that they can never disagree.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import msgspec

from eventcenter.model import Event

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = -62_135_596_800_000, 253_402_300_799_999
_DAY = 86_400_000

EVENT_FIELDS = (
    "seq", "uid", "instance", "level", "reason", "kind", "namespace", "name", "object_uid", "field_path",
    "message", "component", "hostname", "count", "first_time", "last_time", "action", "problem", "api_version",
)  # fmt: skip
"""In the order of the contract (design part 3)."""


def moment(time: int) -> datetime:
    """A time in ms as a datetime; what Python's calendar cannot hold becomes its first or last moment."""
    return _EPOCH + timedelta(milliseconds=min(max(time, _FIRST), _LAST))


def local(time: int, zone: tzinfo | None = None) -> datetime:
    """For display, in `zone` (None: this machine's). A day away from the ends of the calendar, so that no offset
    leads beyond them."""
    return moment(min(max(time, _FIRST + _DAY), _LAST - _DAY)).astimezone(zone)


def rfc3339(time: int) -> str:
    """In UTC; milliseconds are written only where there are any."""
    text = moment(time).isoformat(timespec="milliseconds" if time % 1000 else "seconds")
    return text.removesuffix("+00:00") + "Z"


def event_shape(event: Event) -> dict[str, Any]:
    """The event of the contract."""
    shape = {name: getattr(event, name) for name in EVENT_FIELDS}
    shape["first_time"] = rfc3339(event.first_time)
    shape["last_time"] = rfc3339(event.last_time)
    return shape


def record_shape(event: Event, raw: dict[str, Any], labels: Mapping[str, str]) -> dict[str, str]:
    """The flat record of the hosted event center (design part 4): `event_id` is the whole object as a string, `labels`
    those of the instance."""
    record = {"hostname": event.hostname, "level": event.level}
    if event.kind == "Pod":
        record |= {"pod_id": event.object_uid, "pod_name": event.name}
    return record | {"event_id": json_bytes(raw).decode()} | dict(labels)


def json_bytes(value: Any) -> bytes:
    """As JSON on one line. Half a surrogate pair can only be written escaped."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode("ascii")
