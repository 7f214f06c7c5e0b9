"""Events and changes for the tests of the command line."""

from __future__ import annotations

from typing import Any

from eventcenter.model import Batch, Change, ChangeType, Event

NOON = 1_795_435_200_000  # 2026-11-23T12:00:00Z


def make_event(uid: str, **fields: Any) -> Event:
    given: dict[str, Any] = {
        "level": "Normal",
        "reason": "Started",
        "kind": "Pod",
        "namespace": "shop",
        "name": "web-1",
        "object_uid": "11111111-2222-3333-4444-555555555555",
        "message": "Started container web",
        "component": "kubelet",
        "hostname": "n1",
        "first_time": NOON,
        "last_time": NOON,
        "api_version": "v1",
    }
    return Event(uid=uid, **(given | fields))


def make_change(event: Event, version: int, kind: ChangeType = ChangeType.ADDED) -> Change:
    raw = {"metadata": {"uid": event.uid}, "message": event.message, "reason": event.reason}
    return Change(kind, event, str(version), raw)


def batch_of(*events: Event, version: int = 1) -> Batch:
    return Batch("events", [make_change(event, version + n) for n, event in enumerate(events)], str(version))
