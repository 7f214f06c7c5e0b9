"""Makes an `Event` of whatever a cluster calls one: core `v1` and `events.k8s.io/v1`, complete or absurd.

Pure, and on the path of every change: plain dictionary access, no schema. Writers disagree on which fields
they fill (the scheduler's events have null timestamps and no source in core v1), so each value has a list of
places.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from eventcenter.errors import MalformedEvent
from eventcenter.model import Change, ChangeType, Event

MAX_COUNT = 2**53
"""Above it JavaScript and JSON readers lose digits."""

CLUSTER_SCOPED = frozenset(
    {
        "APIService",
        "CSIDriver",
        "CSINode",
        "CertificateSigningRequest",
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "IngressClass",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "RuntimeClass",
        "StorageClass",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
    }
)
"""Some writers put the event's own namespace into the reference to one of these."""

OOM_REASON = "ContainerOOMKilled"
OOM_CONTAINER = "npd.eventcenter/oom-container-id"
"""Annotation: which run of a container was killed. Written by the agent of the node and by `eventcenter.nodes`."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_LONGEST_TIME = 40
_NOTHING: dict[str, Any] = {}


def normalize(kind: ChangeType, obj: dict[str, Any], *, received: int) -> Change:
    """The change that `obj` tells; `received` (ms) replaces a missing time. MalformedEvent: no identity."""
    metadata = _mapping(obj.get("metadata"))
    about = _mapping(obj.get("involvedObject") or obj.get("regarding"))
    source = _mapping(obj.get("source") or obj.get("deprecatedSource"))
    series = _mapping(obj.get("series"))
    about_kind = _text(about.get("kind"))
    about_name = _text(about.get("name"))
    last_time = _last_time(obj, metadata, series) or received
    reason = _text(obj.get("reason"))
    killed = (
        reason == OOM_REASON
        and about_kind == "Pod"
        and _text(_mapping(metadata.get("annotations")).get(OOM_CONTAINER))
    )
    event = Event(
        uid=oom_uid(killed) if killed else _text(metadata.get("uid")) or _made_up_uid(metadata),
        level=_text(obj.get("type")) or "Normal",
        reason=reason,
        kind=about_kind,
        namespace="" if about_kind in CLUSTER_SCOPED else _text(about.get("namespace")),
        name=about_name,
        object_uid=_text(about.get("uid")),
        field_path=_text(about.get("fieldPath")),
        message=_text(obj.get("message") or obj.get("note")),
        component=_text(
            source.get("component") or obj.get("reportingComponent") or obj.get("reportingController")
        ),
        hostname=_text(source.get("host")) or (about_name if about_kind == "Node" else ""),
        count=_count(obj, series),
        first_time=_first_time(obj, metadata) or last_time,
        last_time=last_time,
        action=_text(obj.get("action")),
        api_version=_text(about.get("apiVersion")),
    )
    return Change(kind, event, _text(metadata.get("resourceVersion")), _without_managed_fields(obj, metadata))


def oom_uid(container_id: str) -> str:
    """Of the event about an OOM kill: one for a run of a container, whoever tells of it and under whatever uid the
    cluster keeps it (docs/decisions/0012)."""
    return f"oom:{container_id[:64]}"


def _made_up_uid(metadata: Mapping[str, Any]) -> str:
    name = _text(metadata.get("name"))
    if not name:
        raise MalformedEvent("an event has neither metadata.uid nor metadata.name")
    return f"name:{_text(metadata.get('namespace'))}/{name}"


def _last_time(obj: Mapping[str, Any], metadata: Mapping[str, Any], series: Mapping[str, Any]) -> int:
    return (
        _time(series.get("lastObservedTime"))
        or _time(obj.get("lastTimestamp"))
        or _time(obj.get("deprecatedLastTimestamp"))
        or _time(obj.get("eventTime"))
        or _time(metadata.get("creationTimestamp"))
    )


def _first_time(obj: Mapping[str, Any], metadata: Mapping[str, Any]) -> int:
    return (
        _time(obj.get("firstTimestamp"))
        or _time(obj.get("deprecatedFirstTimestamp"))
        or _time(obj.get("eventTime"))
        or _time(metadata.get("creationTimestamp"))
    )


def _count(obj: Mapping[str, Any], series: Mapping[str, Any]) -> int:
    for value in (series.get("count"), obj.get("count"), obj.get("deprecatedCount")):
        if type(value) is int and value > 0:  # `type`: True is an int too
            return min(value, MAX_COUNT)
    return 1


def _time(value: Any) -> int:
    """Milliseconds of an RFC 3339 time; 0 for none, including Go's zero time and others before 1970."""
    if not isinstance(value, str) or not value or len(value) > _LONGEST_TIME:
        return 0
    return _parse_time(value)


@lru_cache(maxsize=4096)  # a burst repeats its seconds
def _parse_time(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
        return max(0, ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // _MILLISECOND)
    except (ValueError, OverflowError):
        return 0


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else _NOTHING


def _text(value: Any) -> str:
    """`value` as text that can be indexed and shown."""
    if value.__class__ is not str:
        if value is None:
            return ""
        value = value if isinstance(value, str) else _json(value)
    return value if value.isprintable() else _SURROGATE.sub("\ufffd", _CONTROL.sub("", value))


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError, RecursionError):
        return f"<{type(value).__name__}>"


def _without_managed_fields(obj: dict[str, Any], metadata: Mapping[str, Any]) -> dict[str, Any]:
    if "managedFields" not in metadata:
        return obj
    return obj | {"metadata": {key: value for key, value in metadata.items() if key != "managedFields"}}
