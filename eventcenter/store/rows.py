"""A row of `event` as an Event."""

from __future__ import annotations

from typing import Any

from eventcenter.model import Event
from eventcenter.store.packing import unpack_uid

Row = tuple[Any, ...]

EVENT_COLUMNS = (
    "e.id, e.seq, e.uid, e.level, e.reason, e.kind, e.namespace, e.name, e.object_uid, e.field_path, e.component, "
    "e.host, e.count, e.first_time, e.last_time, e.action, e.problem, e.api_version, e.message"
)
TERM_COLUMNS = (3, 4, 5, 6, 9, 10, 11, 15, 16, 17)
"""Of these the columns that hold the number of a term."""


def event_of(row: Row, texts: dict[int, str], instance: str) -> Event:
    (
        _, seq, uid, level, reason, kind, namespace, name, object_uid, field_path, component, host, count, first_time,
        last_time, action, problem, api_version, message, *_,
    ) = row  # fmt: skip
    return Event(
        uid=unpack_uid(uid),
        level=texts[level],
        reason=texts[reason],
        kind=texts[kind],
        namespace=texts[namespace],
        name=name,
        object_uid=unpack_uid(object_uid),
        field_path=texts[field_path],
        message=message,
        component=texts[component],
        hostname=texts[host],
        count=count,
        first_time=first_time,
        last_time=last_time,
        action=texts[action],
        problem=texts[problem],
        api_version=texts[api_version],
        seq=seq,
        instance=instance,
    )
