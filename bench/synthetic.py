"""Events as a busy cluster makes them: skewed names, several events a Pod, a share counted up; the same for a seed."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Iterator
from itertools import accumulate, count
from typing import Any, NamedTuple

APPS = [
    f"{team}-{part}"
    for team in ("cart", "checkout", "search", "auth", "mail")
    for part in ("api", "web", "job")
]
EVENTS_A_POD = 6
NODES, NAMESPACES = 150, 120


class Kind(NamedTuple):
    """A sort of event and how often it comes."""

    weight: int
    reason: str
    component: str
    level: str
    message: str
    about: str = "Pod"


KINDS = (
    Kind(120, "Scheduled", "default-scheduler", "Normal", "Successfully assigned {ns}/{pod} to {node}"),
    Kind(80, "Pulling", "kubelet", "Normal", 'Pulling image "registry.example.com/team/{app}:v1.{n}"'),
    Kind(90, "Pulled", "kubelet", "Normal",
         'Container image "registry.example.com/team/{app}:v1.{n}" already present on machine'),
    Kind(40, "Pulled", "kubelet", "Normal",
         'Successfully pulled image "registry.example.com/team/{app}:v1.{n}" in {n}.{m}s ({n}.{m}s including waiting)'),
    Kind(120, "Created", "kubelet", "Normal", "Created container {app}"),
    Kind(120, "Started", "kubelet", "Normal", "Started container {app}"),
    Kind(60, "Killing", "kubelet", "Normal", "Stopping container {app}"),
    Kind(60, "SuccessfulCreate", "replicaset-controller", "Normal", "Created pod: {pod}", "ReplicaSet"),
    Kind(30, "SuccessfulDelete", "replicaset-controller", "Normal", "Deleted pod: {pod}", "ReplicaSet"),
    Kind(15, "ScalingReplicaSet", "deployment-controller", "Normal",
         "Scaled up replica set {set} to {n}", "Deployment"),
    Kind(90, "Unhealthy", "kubelet", "Warning", "Readiness probe failed: HTTP probe failed with statuscode: 50{n}"),
    Kind(40, "Unhealthy", "kubelet", "Warning",
         'Liveness probe failed: Get "http://10.{n}.{m}.{n}:8080/healthz": context deadline exceeded '
         "(Client.Timeout exceeded while awaiting headers)"),
    Kind(90, "BackOff", "kubelet", "Warning",
         "Back-off restarting failed container {app} in pod {pod}_{ns}({uid})"),
    Kind(40, "FailedScheduling", "default-scheduler", "Warning",
         "0/150 nodes are available: {n} Insufficient cpu, {m} node(s) had untolerated taint {{dedicated: {app}}}. "
         "preemption: 0/150 nodes are available: {n} No preemption victims found for incoming pod."),
    Kind(15, "FailedMount", "kubelet", "Warning",
         'MountVolume.SetUp failed for volume "config" : configmap "{app}-config" not found'),
    Kind(15, "Failed", "kubelet", "Warning",
         'Failed to pull image "registry.example.com/team/{app}:v1.{n}": rpc error: code = NotFound'),
    Kind(3, "NodeNotReady", "node-controller", "Normal", "Node {node} status is now: NodeNotReady", "Node"),
    Kind(2, "SystemOOM", "kubelet", "Warning", "System OOM encountered, victim process: {app}, pid: {m}{n}", "Node"),
    Kind(1, "Evicted", "kubelet", "Warning",
         "The node was low on resource: memory. Container {app} was using {m}Mi, request is 64Mi."),
)  # fmt: skip
_WEIGHTS = list(accumulate(kind.weight for kind in KINDS))


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
            changed["count"] += 1 if chance.random() < 0.9 else chance.randrange(2, 40)
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
    return {**item, "metadata": dict(metadata)}  # what was sent does not change with the next version


def _uid(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def _pod(chance: random.Random) -> dict[str, Any]:
    app = chance.choice(APPS)
    owner = f"{app}-{chance.getrandbits(36):09x}"
    return {
        "app": app,
        "set": owner,
        "pod": f"{owner}-{chance.getrandbits(20):05x}",
        "ns": f"team-{int(chance.paretovariate(1)) % NAMESPACES}",
        "node": f"node-{chance.randrange(NODES)}",
        "uid": _uid(chance),
    }


def _event(chance: random.Random, pod: dict[str, Any]) -> dict[str, Any]:
    (kind,) = chance.choices(KINDS, cum_weights=_WEIGHTS)
    about = _object(chance, kind.about, pod)
    message = kind.message.format(**pod, n=chance.randrange(10), m=chance.randrange(100))
    return {
        "kind": "Event",
        "apiVersion": "v1",
        "metadata": {
            "name": f"{about['name']}.{chance.getrandbits(60):016x}",
            "namespace": about["namespace"] or "default",
            "uid": _uid(chance),
            "resourceVersion": "1",
            "creationTimestamp": "",
        },
        "involvedObject": about,
        "reason": kind.reason,
        "message": message,
        "source": {"component": kind.component, "host": pod["node"] if kind.component == "kubelet" else ""},
        "firstTimestamp": "",
        "lastTimestamp": "",
        "count": 1,
        "type": kind.level,
        "eventTime": None,
        "reportingComponent": kind.component,
        "reportingInstance": pod["node"] if kind.component == "kubelet" else "",
    }


def _object(chance: random.Random, kind: str, pod: dict[str, Any]) -> dict[str, Any]:
    """What the event is about, as `involvedObject` has it."""
    if kind == "Node":
        return {"kind": kind, "namespace": "", "name": pod["node"], "uid": pod["node"]}
    names = {"Pod": pod["pod"], "ReplicaSet": pod["set"], "Deployment": pod["app"]}
    about = {
        "kind": kind, "namespace": pod["ns"], "name": names[kind], "uid": pod["uid"],
        "apiVersion": "v1" if kind == "Pod" else "apps/v1", "resourceVersion": str(chance.randrange(10**6)),
    }  # fmt: skip
    return {**about, "fieldPath": f"spec.containers{{{pod['app']}}}"} if kind == "Pod" else about
