"""Which group an event belongs to: the same object and reason, the workload, the reason in a namespace."""

from __future__ import annotations

import hashlib

from eventcenter.model import Event
from eventcenter.workloads import workload_of_event
from sinks.group import MAX_TEXT, By, Place, bounded


def place_of(event: Event, group_by: str) -> Place:
    """`group_by` as in `common.FOR_PEOPLE`."""
    if group_by == "reason":
        return _of_reason(event.instance, event.namespace, event.reason)
    if group_by == "workload":
        workload = workload_of_event(event)
        if workload.name != event.name:
            return _place(
                "workload", event.instance, event.namespace, workload.kind, workload.name, event.reason
            )
    return _place("object", event.instance, event.namespace, event.kind, event.name, event.reason)


def coarser(place: Place) -> Place:
    """Where there are too many groups: the reason in the namespace."""
    return _of_reason(place.instance, place.namespace, place.reason)


def everything() -> Place:
    """Where there are too many even of those."""
    return _place("all")


def _of_reason(instance: str, namespace: str, reason: str) -> Place:
    return _place("reason", instance, namespace, "", "", reason)


def _place(
    by: By, instance: str = "", namespace: str = "", kind: str = "", name: str = "", reason: str = ""
) -> Place:
    """The key is the same at every start, and short however long the names are."""
    # Deployments and their ReplicaSets are one; the kind of a workload that is not clear may come and go.
    told = "\0".join((by, instance, namespace, kind if by == "object" else "", name, reason))
    key = hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:32]
    return Place(key, by, *(bounded(text, MAX_TEXT) for text in (instance, namespace, kind, name, reason)))
