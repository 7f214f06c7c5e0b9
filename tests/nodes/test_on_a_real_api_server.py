"""The watches of Nodes and Pods on a real API server, and what becomes of them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eventcenter.model import Batch, Event
from eventcenter.nodes.checks import ClusterChecks
from eventcenter.normalize import oom_uid
from eventcenter.shapes import rfc3339
from eventcenter.watch.connection import Access, Connection, connect

pytestmark = pytest.mark.cluster
STRATEGIC = "application/strategic-merge-patch+json"


class Watched:
    def __init__(self, admin: Connection, kubeconfig: Path) -> None:
        self.admin = admin
        self.batches: list[Batch] = []
        self.node = f"checked-{uuid.uuid4().hex[:8]}"
        self.checks = ClusterChecks(
            lambda: connect(Access(kubeconfig=str(kubeconfig))),
            self.batches.append,
            lambda: int(time.time() * 1000),
            lambda uid: False,
            lambda: 0,
            look_s=1.0,
        )

    def ask(self, method: str, path: str, body: Any = None, content_type: str = "") -> Any:
        answer = self.admin.request(method, path, body=body, content_type=content_type)
        assert answer.status < 300, answer
        return answer.json

    def events(self) -> list[Event]:
        changes = [change for batch in self.batches for change in batch.changes]
        return [change.event for change in changes if change.event.hostname == self.node]


@pytest.fixture
def watched(admin: Connection, cluster_kubeconfig: Path) -> Iterator[Watched]:
    watched = Watched(admin, cluster_kubeconfig)
    watched.ask("POST", "/api/v1/nodes", {"metadata": {"name": watched.node}})
    watched.checks.start()
    yield watched
    watched.checks.stop()
    watched.ask("DELETE", f"/api/v1/nodes/{watched.node}")


def eventually(look: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 30
    while not (found := look()):
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.05)
    return found


def test_a_node_that_is_not_ready_for_long(watched: Watched) -> None:
    since = rfc3339(int(time.time()) * 1000 - 3_600_000)
    ready = {
        "type": "Ready",
        "status": "False",
        "reason": "KubeletNotReady",
        "message": "PLEG is not healthy",
    }
    condition = ready | {"lastTransitionTime": since, "lastHeartbeatTime": since}
    path = f"/api/v1/nodes/{watched.node}/status"
    watched.ask("PATCH", path, {"status": {"conditions": [condition]}}, STRATEGIC)
    (event,) = eventually(watched.events)
    assert (event.reason, event.kind, event.name) == ("NodeNotReadyForLong", "Node", watched.node)
    assert event.component == "eventcenter" and "60 minutes" in event.message
    assert event.message.endswith("PLEG is not healthy")


def test_an_oom_kill_in_the_status_of_a_pod(watched: Watched) -> None:
    path = "/api/v1/namespaces/default/pods"
    name, ran = f"greedy-{watched.node}", uuid.uuid4().hex * 2
    spec = {
        "nodeName": watched.node,
        "automountServiceAccountToken": False,
        "containers": [{"name": "app", "image": "x", "resources": {"limits": {"memory": "64Mi"}}}],
    }
    watched.ask("POST", path, {"metadata": {"name": name}, "spec": spec})
    ended = {"reason": "OOMKilled", "exitCode": 137, "containerID": f"containerd://{ran}"}
    ended |= {"finishedAt": rfc3339(int(time.time()) * 1000), "startedAt": rfc3339(int(time.time()) * 1000)}
    status = {"name": "app", "image": "x", "imageID": "", "ready": False, "restartCount": 1}
    status |= {"lastState": {"terminated": ended}}
    try:
        watched.ask("PATCH", f"{path}/{name}/status", {"status": {"containerStatuses": [status]}}, STRATEGIC)
        (event,) = eventually(watched.events)
        assert (event.uid, event.reason, event.kind, event.name) == (
            oom_uid(ran),
            "ContainerOOMKilled",
            "Pod",
            name,
        )
        assert event.field_path == "spec.containers{app}" and "memory limit 64Mi" in event.message
    finally:
        watched.admin.request("DELETE", f"{path}/{name}", {"gracePeriodSeconds": 0})
