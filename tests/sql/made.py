"""A cluster's afternoon made by rule, as objects; `flat` is what a query should see of one, told without the
product."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

START = 1_795_435_200  # 2026-11-23T12:00:00Z
DAY, MINUTE = 86_400, 60
END = START + 6 * 3600
NODES = ("node-1", "node-2", "node-3")
NAMESPACES = ("shop", "prod", "kube-system")

Raw = dict[str, Any]

# reason, type, kind, component, message
_STORIES = [
    ("Scheduled", "Normal", "Pod", "default-scheduler", "Successfully assigned {ns}/{name} to {node}"),
    ("Pulled", "Normal", "Pod", "kubelet", 'Successfully pulled image "registry/{app}:v{v}" in {n}.{m}s (9s waiting)'),
    ("Started", "Normal", "Pod", "kubelet", "Started container {app}"),
    ("BackOff", "Warning", "Pod", "kubelet", "Back-off restarting failed container {app} in pod {name}_{ns}"),
    ("Unhealthy", "Warning", "Pod", "kubelet", "Readiness probe failed: HTTP probe failed with statuscode: 50{v}"),
    ("FailedScheduling", "Warning", "Pod", "default-scheduler", "0/3 nodes are available: 3 Insufficient memory."),
    ("FailedScheduling", "Warning", "Pod", "default-scheduler", "0/3 nodes: 1 node(s) had untolerated taint {{x: y}}."),
    ("FailedMount", "Warning", "PersistentVolumeClaim", "kubelet", "MountVolume.SetUp failed for volume data"),
    ("OOMKilling", "Warning", "Node", "kernel-monitor", "Out of memory: Killed process {n}{m} ({app}) vm:1kB"),
    ("PodOOMKilling", "Warning", "Pod", "node-problem-detector", "OOM killed. node:{node} pod:{name} ns:{ns}"),
    ("NodeNotReady", "Normal", "Node", "node-controller", "Node {node} status is now: NodeNotReady"),
    ("NodeReady", "Normal", "Node", "kubelet", "Node {node} status is now: NodeReady"),
    ("SuccessfulRescale", "Normal", "HorizontalPodAutoscaler", "horizontal-pod-autoscaler", "New size: {v}; cpu"),
    ("Evicted", "Warning", "Pod", "kubelet", "The node was low on resource: {resource}. Threshold quantity: 1"),
    ("KubeletSetup", "Warning", "Node", "kubelet", "PLEG is not healthy: pleg was last seen active {v}m ago"),
]  # fmt: skip
APPS = ("web", "cart", "api")


def objects(count: int = 900) -> Iterator[Raw]:
    """In no order of time, over the afternoon and the same hours of the day before."""
    for number in range(count):
        reason, type_, kind, component, message = _STORIES[number * 7 % len(_STORIES)]
        app, namespace, node = APPS[number // 15 % 3], NAMESPACES[number // 5 % 3], NODES[number // 4 % 3]
        name = node if kind == "Node" else f"{app}-{number // 15 % 4}"
        time = START + number * 9_973 % (6 * 3600) - (DAY if number // 45 % 3 == 0 else 0)
        told = {
            "ns": namespace, "name": name, "node": node, "app": app, "v": number // 15 % 4, "n": number // 15 % 9,
            "m": number // 7 % 7, "resource": ("memory", "ephemeral-storage")[number % 2],
        }  # fmt: skip
        yield _object(
            number, time, reason, type_, kind, component, message.format(**told), namespace, name, node
        )


def _object(
    number: int, time: int, reason: str, type_: str, kind: str, component: str, message: str, namespace: str,
    name: str, node: str,
) -> Raw:  # fmt: skip
    about = {
        "kind": kind,
        "name": name,
        "uid": f"{number % 4:08x}-0000-4000-8000-{number % 40:012d}",
        "apiVersion": "v1",
    }
    if kind != "Node":
        about["namespace"] = namespace
    host = {} if component in ("default-scheduler", "horizontal-pod-autoscaler") else {"host": node}
    stamp = datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "kind": "Event",
        "apiVersion": "v1",
        "metadata": {
            "name": f"{name}.{number:x}",
            "namespace": namespace,
            "uid": f"11111111-0000-4000-8000-{number:012d}",
            "resourceVersion": str(1000 + number),
            "creationTimestamp": stamp,
            **({"labels": {"app.kubernetes.io/name": name.split("-")[0]}} if number % 2 else {}),
        },
        "involvedObject": about,
        "reason": reason,
        "message": message,
        "source": {"component": component, **host},
        "firstTimestamp": stamp,
        "lastTimestamp": stamp,
        "count": 1 + number % 60,
        "type": type_,
    }


def flat(raw: Raw) -> dict[str, Any]:
    """The record with a few leaves, from the object alone."""
    about = raw["involvedObject"]
    pod = about["kind"] == "Pod"
    time = datetime.strptime(raw["lastTimestamp"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return {
        "time": int(time.timestamp()),
        "level": raw["type"],
        "reason": raw["reason"],
        "message": raw["message"],
        "kind": about["kind"],
        "ns": about.get("namespace", ""),
        "name": about["name"],
        "pod_name": about["name"] if pod else None,
        "host": raw["source"].get("host") or (about["name"] if about["kind"] == "Node" else ""),
        "component": raw["source"]["component"],
        "count": raw["count"],
        "raw": raw,
    }
