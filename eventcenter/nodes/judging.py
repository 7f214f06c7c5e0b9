"""What is wrong with a node, from what the API says of it. Pure: facts and a time in, problems out.

The cluster's own components make an event when a node becomes not ready or gets under pressure, so that here only is
told what they do not: that it lasts, that it flaps, that nobody hears of the kubelet, that it is forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from eventcenter.nodes.shapes import Node, NodeCondition
from eventcenter.nodes.telling import ms

MINUTE = 60_000
HOUR = 60 * MINUTE
NOT_READY_MS = 5 * MINUTE
"""After which Kubernetes begins to evict the Pods."""
PRESSURE_MS = 10 * MINUTE
SILENT_LEASE_MS = 2 * MINUTE
"""The kubelet renews its lease every 10 s; after 40 s the node should be not ready by itself."""
SILENT_STATUS_MS = 11 * MINUTE
"""Where leases may not be read: the kubelet writes its status every 5 minutes."""
CORDONED_MS = 24 * HOUR
FLAPS = 4
FLAP_WINDOW_MS = 30 * MINUTE
SKEW = 2
"""Minor versions that a kubelet may be behind the API server everywhere (3 since 1.28)."""
FULL = 0.9
PRESSURES = {"MemoryPressure": "memory", "DiskPressure": "disk", "PIDPressure": "process id"}
_VERSION = re.compile(r"v?(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class Facts:
    """Of one node, as it is now. Times in ms; 0: not known."""

    node: Node
    leased: int = 0
    """When its kubelet last renewed its lease."""
    cordoned_since: int = 0
    flaps: tuple[int, ...] = ()
    """When it last turned ready or not ready, oldest first."""
    pods: int = 0
    server: str = ""
    """Version of the API server."""


@dataclass(frozen=True, slots=True)
class Problem:
    check: str
    reason: str
    since: str
    """Tells this occasion from others of the same problem: its beginning, mostly."""
    message: str


def problems_of(facts: Facts, now: int) -> Iterator[Problem]:
    conditions = {one.type: one for one in facts.node.status.conditions or ()}
    yield from _not_ready(conditions.get("Ready"), now)
    yield from _pressures(conditions, now)
    yield from _silent(facts, conditions.get("Ready"), now)
    yield from _flapping(facts, now)
    yield from _cordoned(facts, now)
    yield from _skewed(facts)
    yield from _full(facts)


def _not_ready(ready: NodeCondition | None, now: int) -> Iterator[Problem]:
    if ready is None or ready.status == "True":
        return
    since = ms(ready.lastTransitionTime)
    if since and now - since >= NOT_READY_MS:
        why = ready.message or ready.reason or "no reason is given"
        message = f"The node has not been ready for {_span(now - since)} (Ready is {ready.status}): {why}"
        yield Problem("ready", "NodeNotReadyForLong", str(since), message)


def _pressures(conditions: dict[str, NodeCondition], now: int) -> Iterator[Problem]:
    for type, what in PRESSURES.items():
        one = conditions.get(type)
        since = ms(one.lastTransitionTime) if one and one.status == "True" else 0
        if one and since and now - since >= PRESSURE_MS:
            message = f"The node has been under {what} pressure for {_span(now - since)}: {one.message}"
            yield Problem(type.lower(), "NodePressureForLong", str(since), message)


def _silent(facts: Facts, ready: NodeCondition | None, now: int) -> Iterator[Problem]:
    """Only while the cluster still takes the node for well: then nobody has noticed."""
    if ready is None or ready.status != "True":
        return
    heard, limit = facts.leased, SILENT_LEASE_MS
    if not heard:
        heard, limit = ms(ready.lastHeartbeatTime), SILENT_STATUS_MS
    if heard and now - heard >= limit:
        message = (
            f"The kubelet has not been heard of for {_span(now - heard)}, but the node still counts as ready"
        )
        yield Problem("heartbeat", "NodeHeartbeatMissing", str(heard), message)


def _flapping(facts: Facts, now: int) -> Iterator[Problem]:
    recent = [time for time in facts.flaps if now - time < FLAP_WINDOW_MS]
    if len(recent) >= FLAPS:
        message = f"The node turned ready or not ready {len(recent)} times in {_span(FLAP_WINDOW_MS)}"
        yield Problem("flapping", "NodeFlapping", str(recent[0]), message)


def _cordoned(facts: Facts, now: int) -> Iterator[Problem]:
    since = facts.cordoned_since
    if facts.node.spec.unschedulable and since and now - since >= CORDONED_MS:
        message = f"The node has been cordoned for {_span(now - since)}: no Pod is scheduled onto it"
        yield Problem("cordoned", "NodeCordonedForLong", str(since), message)


def _skewed(facts: Facts) -> Iterator[Problem]:
    version = facts.node.status.nodeInfo.kubeletVersion
    kubelet, server = _VERSION.match(version), _VERSION.match(facts.server)
    if not kubelet or not server or kubelet[1] != server[1]:
        return
    behind = int(server[2]) - int(kubelet[2])
    allowed = SKEW if int(server[2]) < 28 else SKEW + 1
    if behind > allowed or behind < 0:
        what = f"{behind} minor versions behind" if behind > 0 else "newer than"
        message = f"The kubelet {version} is {what} the API server {facts.server}; supported: {allowed} behind at most"
        yield Problem("version", "NodeVersionSkew", f"{version}-{facts.server}", message)


def _full(facts: Facts) -> Iterator[Problem]:
    most = (facts.node.status.allocatable or {}).get("pods", "")
    if most.isdecimal() and int(most) and facts.pods >= FULL * int(most):
        message = (
            f"{facts.pods} of at most {most} Pods run on the node: soon no more can be scheduled onto it"
        )
        yield Problem("pods", "NodePodsNearLimit", "pods", message)


def _span(duration: int) -> str:
    minutes = duration // MINUTE
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 48 * 60 else f"{minutes // 1440} days"
