"""Which events tell of a container that failed, which container that is, and which run of it has the lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from eventcenter.model import Event

ENDED = frozenset({"pod-crash-loop", "core-component-crash", "pod-oom-killed", "core-component-oom"})
"""Problems of the catalogue whose container has ended already: its log is that of the previous run."""
FAILING = frozenset(
    {
        "pod-liveness-failed",
        "pod-startup-probe-failed",
        "pod-readiness-failed",
        "pod-readiness-flapping",
        "pod-killed-by-liveness",
        "core-component-unhealthy",
    }
)
"""Problems whose container still runs while it is told of."""

_FIELD = re.compile(r"spec\.(?:c|initC|ephemeralC)ontainers\{([^{}]+)\}")
_IN_MESSAGE = re.compile(
    r"\b(?:failed container|Container) ([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)\b(?! probe)"
)


class Run(NamedTuple):
    """A run of a container, as the Pod's status tells of it."""

    container: str
    id: str
    """Empty: not known."""


def is_chosen(event: Event) -> bool:
    return is_about_a_pod(event) and event.problem in ENDED | FAILING


def is_about_a_pod(event: Event) -> bool:
    return event.kind == "Pod" and bool(event.namespace and event.name)


def container_of(event: Event) -> str:
    """Empty when the event does not say."""
    found = _FIELD.fullmatch(event.field_path) or _IN_MESSAGE.search(event.message)
    return found[1] if found else ""


def previous_first(event: Event) -> bool:
    """Whether the run that ended is looked at before the one that is there."""
    return event.problem in ENDED


def run_of(pod: Mapping[str, Any], event: Event) -> Run:
    """The run that the event tells of; of a Pod with several containers, where the event names none, the one that ended
    last."""
    statuses = list(_statuses(pod))
    wanted = container_of(event)
    named = [status for status in statuses if status.get("name") == wanted]
    status = (named or ([] if wanted else sorted(statuses, key=_ended_at, reverse=True)) or [{}])[0]
    order = ("lastState", "state") if previous_first(event) else ("state",)
    ids = [_id(status, state, kind) for kind in ("terminated", "running") for state in order]
    # The newest ended run first: while a container waits for its next one, that is `state`, later `lastState`.
    return Run(wanted or str(status.get("name") or ""), next(filter(None, ids), ""))


def _statuses(pod: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    status = pod.get("status")
    for name in ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"):
        found = status.get(name) if isinstance(status, dict) else None
        yield from (one for one in found or () if isinstance(one, dict))


def _ended(status: Mapping[str, Any], state: str, kind: str) -> dict[str, Any]:
    found = status.get(state)
    inner = found.get(kind) if isinstance(found, dict) else None
    return inner if isinstance(inner, dict) else {}


def _id(status: Mapping[str, Any], state: str, kind: str) -> str:
    found = _ended(status, state, kind)
    if kind == "running" and found:
        return str(status.get("containerID") or "")
    return str(found.get("containerID") or "")


def _ended_at(status: Mapping[str, Any]) -> str:
    """RFC 3339 in UTC, as the API server writes it: the order of texts is that of times."""
    return max(
        str(_ended(status, state, "terminated").get("finishedAt") or "") for state in ("state", "lastState")
    )
