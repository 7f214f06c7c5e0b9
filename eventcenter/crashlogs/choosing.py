"""Which events tell of a container that failed, which container that is, and which run of it has the lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from eventcenter.model import Event
from eventcenter.normalize import oom_uid

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
    id: str = ""
    """Empty: not known."""
    previous: bool | None = None
    """Whether it is the one before the newest; None: not known."""


def is_chosen(event: Event) -> bool:
    return is_about_a_pod(event) and event.problem in ENDED | FAILING


def is_about_a_pod(event: Event) -> bool:
    return event.kind == "Pod" and bool(event.namespace and event.name)


def container_of(event: Event) -> str:
    """Empty when the event does not say."""
    found = _FIELD.fullmatch(event.field_path) or _IN_MESSAGE.search(event.message)
    return found[1] if found else ""


def order_of(event: Event, run: Run) -> tuple[bool, bool]:
    """Whether to look at the log of the previous run: first, and then where that has nothing."""
    first = event.problem in ENDED if run.previous is None else run.previous
    return first, not first


def run_of(pod: Mapping[str, Any], event: Event) -> Run:
    """The run that the event tells of; of a Pod with several containers, where the event names none, the one that ended
    last."""
    statuses = list(_statuses(pod))
    wanted = container_of(event)
    named = [status for status in statuses if status.get("name") == wanted]
    status = (named or ([] if wanted else sorted(statuses, key=_ended_at, reverse=True)) or [{}])[0]
    container = wanted or str(status.get("name") or "")
    ids = ((id.rpartition("://")[2], previous) for id, previous in _runs(status, event))
    found = [Run(container, id, previous) for id, previous in ids if id]
    if event.uid.startswith(oom_uid("")):  # it names the run that was killed, whose log may be gone by now
        told = [run for run in found if event.uid == oom_uid(run.id)]
        return (told or [Run(container, event.uid.removeprefix(oom_uid("")))])[0]
    return (found or [Run(container)])[0]


def _runs(status: Mapping[str, Any], event: Event) -> Iterator[tuple[str, bool]]:
    """Ids of the newest run and of the one before it; a run that goes on is none that has ended."""
    yield str(_state(status, "state", "terminated").get("containerID") or ""), False
    if event.problem not in ENDED and _state(status, "state", "running"):
        yield str(status.get("containerID") or ""), False
    yield str(_state(status, "lastState", "terminated").get("containerID") or ""), True


def _statuses(pod: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    status = pod.get("status")
    for name in ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"):
        found = status.get(name) if isinstance(status, dict) else None
        yield from (one for one in found or () if isinstance(one, dict))


def _state(status: Mapping[str, Any], state: str, kind: str) -> dict[str, Any]:
    found = status.get(state)
    inner = found.get(kind) if isinstance(found, dict) else None
    return inner if isinstance(inner, dict) else {}


def _ended_at(status: Mapping[str, Any]) -> str:
    """RFC 3339 in UTC, as the API server writes it: the order of texts is that of times."""
    times = (_state(status, state, "terminated").get("finishedAt") for state in ("state", "lastState"))
    return max(str(time or "") for time in times)
