"""Events as a busy cluster makes them: skewed names, several events a Pod, a share counted up; the same for a seed."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Iterator
from itertools import count
from typing import Any

APPS = [
    f"{team}-{part}"
    for team in ("cart", "checkout", "search", "auth", "mail")
    for part in ("api", "web", "job")
]
EVENTS_A_POD = 6
REASONS = (
    ("Scheduled", "default-scheduler", "Normal", "Successfully assigned {ns}/{pod} to {node}"),
    ("Pulling", "kubelet", "Normal", 'Pulling image "registry.example.com/team/{app}:v1.{n}"'),
    (
        "Pulled",
        "kubelet",
        "Normal",
        'Container image "registry.example.com/team/{app}:v1.{n}" already present on machine',
    ),
    ("Created", "kubelet", "Normal", "Created container {app}"),
    ("Started", "kubelet", "Normal", "Started container {app}"),
    ("Killing", "kubelet", "Normal", "Stopping container {app}"),
    ("Unhealthy", "kubelet", "Warning", "Readiness probe failed: HTTP probe failed with statuscode: 50{n}"),
    ("BackOff", "kubelet", "Warning", "Back-off restarting failed container {app} in pod {pod}_{ns}({uid})"),
    ("FailedScheduling", "default-scheduler", "Warning", "0/60 nodes are available: {n} Insufficient cpu."),
)


def stamp(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def changes(seed: int = 1, *, counted_up: float = 0.25) -> Iterator[tuple[str, dict[str, Any]]]:
    """(`ADDED` or `MODIFIED`, object) for ever; the caller sets the times (`at`) and resourceVersions."""
    chance = random.Random(seed)
    recent: list[dict[str, Any]] = []
    pod: dict[str, Any] = {}
    for number in count():
        if recent and chance.random() < counted_up:
            changed = dict(chance.choice(recent))
            changed["count"] += 1
            yield "MODIFIED", changed
            recent = [changed if item["metadata"] is changed["metadata"] else item for item in recent]
            continue
        if number % EVENTS_A_POD == 0 or not pod:
            pod = _pod(chance)
        made = _event(chance, pod)
        recent = [*recent[-199:], made]
        yield "ADDED", made


def at(kind: str, item: dict[str, Any], seconds: float, version: int) -> dict[str, Any]:
    """The object as it is sent at a time: new events begin then, counted-up ones were last seen then."""
    now = stamp(seconds)
    metadata = item["metadata"]
    metadata["resourceVersion"] = str(version)
    if kind == "ADDED":
        metadata["creationTimestamp"] = item["firstTimestamp"] = now
    item["lastTimestamp"] = now
    return item


def _uid(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def _pod(chance: random.Random) -> dict[str, Any]:
    app = chance.choice(APPS)
    return {
        "app": app,
        "pod": f"{app}-{chance.getrandbits(36):09x}-{chance.getrandbits(20):05x}",
        "ns": f"team-{int(chance.paretovariate(1)) % 50}",
        "node": f"node-{chance.randrange(60)}",
        "uid": _uid(chance),
    }


def _event(chance: random.Random, pod: dict[str, Any]) -> dict[str, Any]:
    reason, component, level, message = chance.choice(REASONS)
    return {
        "kind": "Event",
        "apiVersion": "v1",
        "metadata": {
            "name": f"{pod['pod']}.{chance.getrandbits(60):016x}",
            "namespace": pod["ns"],
            "uid": _uid(chance),
            "resourceVersion": "1",
            "creationTimestamp": "",
        },
        "involvedObject": {
            "kind": "Pod", "namespace": pod["ns"], "name": pod["pod"], "uid": pod["uid"], "apiVersion": "v1",
            "resourceVersion": str(chance.randrange(10**6)), "fieldPath": f"spec.containers{{{pod['app']}}}",
        },
        "reason": reason,
        "message": message.format(**pod, n=chance.randrange(10)),
        "source": {"component": component, "host": pod["node"]},
        "firstTimestamp": "",
        "lastTimestamp": "",
        "count": 1,
        "type": level,
        "eventTime": None,
        "reportingComponent": component,
        "reportingInstance": pod["node"],
    }  # fmt: skip
