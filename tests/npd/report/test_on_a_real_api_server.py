"""The exporter on a real API server, seen as kubectl shows it."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from npd.model import Condition, Event, PodRef, Severity, Status
from npd.report.access import find_access
from npd.report.api import ApiClient
from npd.report.conditions import OWNED
from npd.report.kubernetes import KubernetesExporter
from npd.report.objects import CONTAINER_ID, OOM_REASON

pytestmark = pytest.mark.cluster
RAN = "c0ffee" * 10 + "abcd"


@pytest.fixture
def client(cluster_kubeconfig: Path) -> Iterator[ApiClient]:
    client = ApiClient(find_access(str(cluster_kubeconfig)))
    yield client
    client.close()


@pytest.fixture
def node(client: ApiClient) -> Iterator[str]:
    name = f"npd-test-{uuid.uuid4().hex[:8]}"
    made = client.request("POST", "/api/v1/nodes", {"metadata": {"name": name}})
    assert made.ok, made
    yield name
    client.request("DELETE", f"/api/v1/nodes/{name}")


@pytest.fixture
def exporting(client: ApiClient, node: str) -> Iterator[Callable[..., KubernetesExporter]]:
    started: list[KubernetesExporter] = []

    def start(*declared: str) -> KubernetesExporter:
        exporter = KubernetesExporter(client, node, declared)
        started.append(exporter)
        exporter.start()
        return exporter

    yield start
    for exporter in started:
        exporter.stop()


def eventually(look: Callable[[], Any], seconds: float = 20) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.05)
    return found


def conditions(client: ApiClient, node: str) -> dict[str, dict[str, Any]]:
    status = client.request("GET", f"/api/v1/nodes/{node}").json["status"]
    return {one["type"]: one for one in status.get("conditions", [])}


def events(client: ApiClient, node: str, namespace: str = "default") -> list[dict[str, Any]]:
    listed = client.request("GET", f"/api/v1/namespaces/{namespace}/events").json["items"]
    return [item for item in listed if item["source"].get("host") == node]


def deadlock(status: Any, reason: str, message: str) -> Status:
    return Status(
        "kernel-monitor", (), (Condition("KernelDeadlock", status, 1_790_000_000.0, reason, message),)
    )


def test_describe_node_shows_conditions_and_events(
    client: ApiClient, node: str, exporting: Callable[..., KubernetesExporter], cluster_kubeconfig: Path
) -> None:
    exporter = exporting("KernelDeadlock")
    exporter.export(deadlock("False", "KernelHasNoDeadlock", "kernel has no deadlock"))
    eventually(lambda: "KernelDeadlock" in conditions(client, node))
    exporter.export(deadlock("True", "DockerHung", "task docker:20744 blocked for more than 120 seconds."))
    eventually(lambda: conditions(client, node)["KernelDeadlock"]["status"] == "True", seconds=3)
    hung = Event(Severity.WARN, time.time(), "TaskHung", "task java:42 blocked for more than 120 seconds.")
    exporter.export(Status("kernel-monitor", (hung,)))
    eventually(lambda: events(client, node))
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not installed")
    command = [kubectl, f"--kubeconfig={cluster_kubeconfig}", "describe", "node", node]
    described = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    (line,) = [line for line in described.splitlines() if line.strip().startswith("KernelDeadlock  ")]
    assert line.split()[1] == "True" and "DockerHung" in line and "task docker:20744 blocked" in line
    told = described.partition("Events:")[2]
    assert "TaskHung" in told and "task java:42 blocked" in told


def test_stale_conditions_go_and_foreign_ones_stay(
    client: ApiClient, node: str, exporting: Callable[..., KubernetesExporter]
) -> None:
    foreign = [{"type": "FromAnotherTool", "status": "True", "reason": "Theirs"}]
    patched = client.request(
        "PATCH",
        f"/api/v1/nodes/{node}/status",
        {"status": {"conditions": foreign}},
        "application/strategic-merge-patch+json",
    )
    assert patched.ok
    before = exporting("KernelDeadlock", "OldRule")
    old = Condition("OldRule", "True", 1_790_000_000.0, "Old", "of a rule that is removed")
    before.export(Status("m", (), (*deadlock("False", "Fine", "fine").conditions, old)))
    eventually(lambda: {"KernelDeadlock", "OldRule", "FromAnotherTool"} <= conditions(client, node).keys())
    before.stop()
    after = exporting("KernelDeadlock")
    after.export(deadlock("False", "Fine", "fine"))
    eventually(lambda: "OldRule" not in conditions(client, node))
    left = conditions(client, node)
    assert left["FromAnotherTool"]["reason"] == "Theirs" and "KernelDeadlock" in left
    metadata = client.request("GET", f"/api/v1/nodes/{node}").json["metadata"]
    assert metadata["annotations"][OWNED] == "KernelDeadlock"
    assert left["KernelDeadlock"]["lastTransitionTime"] == "2026-09-21T14:13:20Z"


def test_events_of_the_node_are_counted_up(
    client: ApiClient, node: str, exporting: Callable[..., KubernetesExporter]
) -> None:
    exporter = exporting()
    when = time.time() - 100
    hung = Event(Severity.WARN, when, "TaskHung", "task java:42 blocked for 50% of %d")
    for _ in range(3):
        exporter.export(Status("kernel-monitor", (hung,)))
    (event,) = eventually(lambda: [one for one in events(client, node) if one["count"] == 3])
    about = event["involvedObject"]
    real = client.request("GET", f"/api/v1/nodes/{node}").json["metadata"]["uid"]
    assert about == {"kind": "Node", "name": node, "uid": about["uid"], "apiVersion": "v1"}
    assert about["uid"] in (real, node)  # `test_describe_node…` says which kubectl finds
    assert event["message"] == "task java:42 blocked for 50% of %d"
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when))
    assert event["firstTimestamp"] == event["lastTimestamp"] == stamp
    assert event["source"] == {"component": "kernel-monitor", "host": node}


def test_an_oom_kill_is_an_event_of_the_pod(
    client: ApiClient, node: str, exporting: Callable[..., KubernetesExporter]
) -> None:
    pod = {
        "metadata": {"name": f"greedy-{node}"},
        "spec": {
            "nodeName": node,
            "containers": [{"name": "app", "image": "x"}],
            "automountServiceAccountToken": False,
        },
    }
    path = "/api/v1/namespaces/default/pods"
    made = client.request("POST", path, pod)
    assert made.ok, made
    status = {"containerStatuses": [{"name": "app", "containerID": f"containerd://{RAN}", "image": "x", "imageID": "",
                                     "ready": True, "restartCount": 0}]}  # fmt: skip
    set_ = client.request(
        "PATCH", f"{path}/greedy-{node}/status", {"status": status}, "application/strategic-merge-patch+json"
    )
    assert set_.ok, set_
    uid = made.json["metadata"]["uid"]
    message = f"Container {RAN[:12]} was OOM killed on node {node}: process java (pid 7, RSS 20.0 MiB)."
    oom = Event(
        Severity.WARN, time.time(), OOM_REASON, message, pod=PodRef(uid, RAN), annotations={CONTAINER_ID: RAN}
    )
    try:
        exporting().export(Status("kernel-monitor", (oom,)))
        (event,) = eventually(lambda: events(client, node))
        about = event["involvedObject"]
        assert (about["kind"], about["name"], about["uid"]) == ("Pod", f"greedy-{node}", uid)
        assert (about["apiVersion"], about["fieldPath"]) == ("v1", "spec.containers{app}")
        assert event["message"].startswith("Container app was OOM killed") and json.dumps(event)
    finally:
        client.request("DELETE", f"{path}/greedy-{node}?gracePeriodSeconds=0")
