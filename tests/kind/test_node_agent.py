"""The agent on every node of kind, beside the center: a kernel line becomes an event, an OOM kill one of its Pod."""

from __future__ import annotations

import json
import os
import subprocess
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_kind import KindCluster

from tests.kind.inside import Center, eventually, pod

pytestmark = [pytest.mark.kind, pytest.mark.timeout(1200)]

ROOT = Path(__file__).parents[2]
IMAGE = "eventcenter-npd:dev"
NAMESPACE = "eventcenter-npd"
KMSG = Path("/dev/kmsg")


@pytest.fixture(scope="module")
def agents(kind_cluster: KindCluster) -> Iterator[KindCluster]:
    built = os.environ.get("TEST_NPD_IMAGE")
    if built:
        subprocess.run(["docker", "tag", built, IMAGE], check=True, timeout=60)
    else:
        command = ["docker", "build", "--target", "npd", "--tag", IMAGE, str(ROOT)]
        subprocess.run(command, check=True, timeout=1000)
    kind_cluster.load_docker_image(IMAGE)
    kind_cluster.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--timeout=120s")
    kind_cluster.kubectl("apply", "-k", str(ROOT / "deploy" / "npd-kind"))
    kind_cluster.kubectl("-n", NAMESPACE, "rollout", "status", "daemonset/eventcenter-npd", "--timeout=120s")
    yield kind_cluster
    kind_cluster.kubectl("delete", "-k", str(ROOT / "deploy" / "npd-kind"), "--wait=false")


def events(cluster: KindCluster, namespace: str, reason: str) -> list[dict[str, Any]]:
    listed = cluster.kubectl(
        "-n", namespace, "get", "events", f"--field-selector=reason={reason}", "-o", "json"
    )
    items: list[dict[str, Any]] = json.loads(listed)["items"]
    return items


def test_every_node_has_the_conditions(agents: KindCluster) -> None:
    def without() -> list[str]:
        nodes = json.loads(agents.kubectl("get", "nodes", "-o", "json"))["items"]
        return [
            node["metadata"]["name"]
            for node in nodes
            if not {"KernelDeadlock", "Ready"} <= {one["type"] for one in node["status"]["conditions"]}
        ]

    eventually("KernelDeadlock on every node", lambda: not without())


def test_the_agent_says_of_each_check_how_it_is(agents: KindCluster) -> None:
    ask = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:20256/status').read().decode())"
    inside = ["-n", NAMESPACE, "exec", "daemonset/eventcenter-npd", "--", "python", "-c", ask]

    def shown() -> dict[str, str]:
        return {one["check"]: one["state"] for one in json.loads(agents.kubectl(*inside))}

    # The rights are made in the same moment, and the API server learns of them a little later.
    eventually("the agent may report", lambda: shown()["kubernetes-exporter"] == "on", 90)
    states = shown()
    assert states["kernel-monitor (kernel-monitor.json)"] == states["runtime"] == states["kubelet"] == "on"


def test_a_line_of_the_kernel_log_becomes_an_event(agents: KindCluster) -> None:
    if not os.access(KMSG, os.W_OK):
        pytest.skip("/dev/kmsg may not be written")
    task = f"npdtest{uuid.uuid4().hex[:6]}"
    line = f"task {task}:4711 blocked for more than 120 seconds."
    KMSG.write_text(f"<3>{line}\n")
    found = eventually(
        "TaskHung",
        lambda: [one for one in events(agents, "default", "TaskHung") if one["message"] == line],
        10,
    )
    nodes = {
        node["metadata"]["name"]: node
        for node in json.loads(agents.kubectl("get", "nodes", "-o", "json"))["items"]
    }
    for event in found:
        about = event["involvedObject"]
        assert about["kind"] == "Node"
        assert about["uid"] in (about["name"], nodes[about["name"]]["metadata"]["uid"])  # by kubectl's age
        assert event["source"] == {"component": "kernel-monitor", "host": about["name"]}


def test_an_oom_kill_is_told_once_of_its_pod(
    agents: KindCluster, center: Center, namespace: str, pod_image: str
) -> None:
    manifest = pod("greedy-once", pod_image, command="sleep 1; tail /dev/zero", memory="20Mi")
    manifest["spec"]["restartPolicy"] = "Never"
    agents.kubectl("-n", namespace, "apply", "-f", "-", input=json.dumps(manifest))
    where = "{.status.containerStatuses[0].state.terminated.reason}"
    eventually(
        "the Pod is OOM killed",
        lambda: (
            agents.kubectl("-n", namespace, "get", "pod", "greedy-once", "-o", f"jsonpath={where}")
            == "OOMKilled"
        ),
    )
    (event,) = eventually("the agent's event", lambda: events(agents, namespace, "ContainerOOMKilled"), 30)
    about = event["involvedObject"]
    real = json.loads(agents.kubectl("-n", namespace, "get", "pod", "greedy-once", "-o", "json"))
    assert (about["kind"], about["name"], about["uid"]) == ("Pod", "greedy-once", real["metadata"]["uid"])
    assert about["fieldPath"] == "spec.containers{main}" and event["count"] == 1
    assert event["source"]["host"] == real["spec"]["nodeName"]
    assert "Container main was OOM killed" in event["message"] and "RSS" in event["message"]

    def in_the_center() -> list[dict[str, Any]]:
        return center.events(namespace=namespace, name="greedy-once", reason="ContainerOOMKilled")

    eventually("the kill in the center", in_the_center, 30)
    # The center holds what the status says back for five seconds. A second kill that it tells of shows that it is over.
    second = pod("greedy-later", pod_image, command="sleep 1; tail /dev/zero", memory="20Mi")
    agents.kubectl("-n", namespace, "apply", "-f", "-", input=json.dumps(second))
    restarts = "{.status.containerStatuses[0].restartCount}"
    eventually(
        "the second Pod was killed twice",
        lambda: (
            agents.kubectl("-n", namespace, "get", "pod", "greedy-later", "-o", f"jsonpath={restarts}") >= "2"
        ),
        120,
    )
    assert Counter(one["count"] for one in in_the_center()) == {1: 1}
    assert in_the_center()[0]["problem"] == "pod-oom-killed"
