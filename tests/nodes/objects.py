"""Nodes, Pods and the agent's event as the API server sends them."""

from __future__ import annotations

import json
from typing import Any

from eventcenter.shapes import rfc3339

NOW = 1_795_000_000_000
RAN = "a1" * 32


def node(name: str = "node-1", *, ready: str = "True", since: int = NOW - 86_400_000, **spec: Any) -> bytes:
    condition = {
        "type": "Ready",
        "status": ready,
        "reason": "KubeletReady",
        "message": "kubelet is posting ready status",
        "lastHeartbeatTime": rfc3339(since),
        "lastTransitionTime": rfc3339(since),
    }
    conditions = [condition, *spec.pop("conditions", [])]
    status = {"conditions": conditions, "nodeInfo": {"kubeletVersion": spec.pop("version", "v1.30.1")}}
    status |= {"allocatable": {"pods": spec.pop("most_pods", "110")}, "images": [{"names": ["x"]}]}
    return json.dumps(
        {"metadata": {"name": name, "uid": f"uid-{name}"}, "spec": spec, "status": status}
    ).encode()


def killed(container_id: str = RAN, *, finished: int = NOW - 60_000, reason: str = "OOMKilled") -> bytes:
    ended = {
        "reason": reason,
        "exitCode": 137,
        "finishedAt": rfc3339(finished),
        "containerID": f"containerd://{container_id}",
    }
    status = {"name": "app", "restartCount": 3, "state": {"running": {}}, "lastState": {"terminated": ended}}
    pod = {
        "metadata": {"name": "cart-1", "namespace": "shop", "uid": "uid-cart-1"},
        "spec": {
            "nodeName": "node-1",
            "containers": [{"name": "app", "resources": {"limits": {"memory": "64Mi"}}}],
        },
        "status": {"phase": "Running", "containerStatuses": [status], "initContainerStatuses": None},
    }
    return json.dumps(pod).encode()


def running(name: str, on: str = "node-1", phase: str = "Running") -> bytes:
    metadata = {"name": name, "namespace": "shop", "uid": f"uid-{name}"}
    return json.dumps({"metadata": metadata, "spec": {"nodeName": on}, "status": {"phase": phase}}).encode()


def told_by_the_agent(container_id: str = RAN, *, version: str = "815", count: int = 1) -> dict[str, Any]:
    return {
        "kind": "Event",
        "metadata": {
            "name": f"cart-1.oom-{container_id[:16]}",
            "namespace": "shop",
            "uid": "made-by-the-server",
            "resourceVersion": version,
            "annotations": {"npd.eventcenter/oom-container-id": container_id},
        },
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "cart-1", "uid": "uid-cart-1"},
        "reason": "ContainerOOMKilled",
        "message": "Container app was OOM killed on node node-1: process java (pid 42, RSS 63.9 MiB).",
        "source": {"component": "kernel-monitor", "host": "node-1"},
        "type": "Warning",
        "firstTimestamp": rfc3339(NOW - 60_000),
        "lastTimestamp": rfc3339(NOW - 60_000),
        "count": count,
    }
