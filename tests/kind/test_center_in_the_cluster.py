"""The whole product on kind: Pods get into trouble, the page of the cluster shows it and forgets nothing."""

from __future__ import annotations

import json
import subprocess

import pytest
from pytest_kind import KindCluster

from tests.kind.inside import NAMESPACE, Center, eventually

pytestmark = [pytest.mark.kind, pytest.mark.timeout(1200)]  # the first test builds an image and a cluster


def test_page_is_served_from_inside(center: Center) -> None:
    assert "<html" in center.page("/")
    assert center.events(), "the events of the cluster's own start were taken over"


def test_center_runs_without_rights_on_its_node(kind_cluster: KindCluster, center: Center) -> None:
    inside = ["-n", NAMESPACE, "exec", "deployment/eventcenter", "--", "sh", "-c"]
    assert kind_cluster.kubectl(*inside, "id -u").strip() == "10001"
    assert "events.db" in kind_cluster.kubectl(*inside, "ls -R /data")
    with pytest.raises(subprocess.CalledProcessError):
        kind_cluster.kubectl(*inside, "touch /opt/venv/written", stderr=subprocess.DEVNULL)


def test_the_doctor_inside_finds_nothing_amiss(center: Center) -> None:
    told = center.cluster.kubectl(
        "-n", NAMESPACE, "exec", "deployment/eventcenter", "--", "eventcenter", "doctor"
    )
    assert "may watch events in all namespaces" in told and "\nfail" not in told


def test_crashing_pod_shows_on_the_page(center: Center, pods_in_trouble: str) -> None:
    rows = eventually(
        "BackOff of the crashing Pod",
        lambda: center.events(namespace=pods_in_trouble, name="crashing", reason="BackOff"),
    )
    assert rows[0]["level"] == "Warning" and rows[0]["kind"] == "Pod"
    page = center.page("/events", namespace=pods_in_trouble, name="crashing", reason="BackOff")
    assert "crashing" in page and "BackOff" in page


def test_oom_killed_pod_shows_on_the_page(center: Center, pods_in_trouble: str) -> None:
    kubectl = center.cluster.kubectl
    where = "{.status.containerStatuses[0]['state','lastState'].terminated.reason}"
    eventually(
        "the greedy Pod is killed",
        lambda: (
            "OOMKilled" in kubectl("-n", pods_in_trouble, "get", "pod", "greedy", "-o", f"jsonpath={where}")
        ),
    )
    eventually(
        "BackOff of the greedy Pod",
        lambda: center.events(namespace=pods_in_trouble, name="greedy", level="Warning"),
    )
    assert "greedy" in center.page("/events", namespace=pods_in_trouble, level="Warning")


def test_oom_kills_that_the_kubelet_reports_are_on_the_overview(center: Center, pods_in_trouble: str) -> None:
    fields = "--field-selector=reason=SystemOOM"
    listed = json.loads(center.cluster.kubectl("get", "events", "--all-namespaces", fields, "-o", "json"))
    reported = {item["metadata"]["uid"] for item in listed["items"]}
    assert reported <= {event["uid"] for event in center.events(reason="SystemOOM")}
    assert not reported or "OOM" in center.page("/")


def test_missing_image_counts_up_on_one_row(center: Center, pods_in_trouble: str) -> None:
    filters = {"namespace": pods_in_trouble, "name": "misspelt", "reason": "BackOff"}
    first = eventually("BackOff of the misspelt Pod", lambda: center.events(**filters))
    assert len(first) == 1
    grown = eventually(
        "the count grows",
        lambda: [event for event in center.events(**filters) if event["count"] > first[0]["count"]],
        seconds=120,
    )
    assert [event["uid"] for event in center.events(**filters)] == [first[0]["uid"]] == [grown[0]["uid"]]
    assert center.events(namespace=pods_in_trouble, name="misspelt", reason="Failed")


def test_what_the_cluster_has_shows_at_once(center: Center, namespace: str) -> None:
    kubectl = center.cluster.kubectl
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "fresh", "namespace": namespace},
        "involvedObject": {"kind": "Pod", "name": "fresh", "namespace": namespace},
        "reason": "Fresh",
        "type": "Normal",
    }
    kubectl("apply", "-f", "-", input=json.dumps(event))
    eventually("a new event shows", lambda: center.events(namespace=namespace, reason="Fresh"), seconds=2)


def test_nothing_is_lost_when_the_pod_of_the_center_is_deleted(center: Center, pods_in_trouble: str) -> None:
    kubectl = center.cluster.kubectl
    before = center.counts()
    old = kubectl("-n", NAMESPACE, "get", "pods", "-o", "jsonpath={.items[*].metadata.name}")
    kubectl("-n", NAMESPACE, "delete", "pod", old)
    kubectl("-n", NAMESPACE, "rollout", "status", "deployment/eventcenter", "--timeout=180s")
    eventually("the new Pod answers", center.ready)
    cluster = center.counts_of_the_cluster()
    after = eventually(
        "every event of the cluster, counted as far",
        lambda: (now := center.counts()) and not _behind(now, cluster) and now,
        seconds=30,
    )
    assert not _behind(after, before), "events seen before the Pod was deleted"
    assert not _behind(center.counts_of_the_cluster(), {uid: after[uid] for uid in cluster}), "counted twice"


def _behind(counts: dict[str, int], wanted: dict[str, int]) -> dict[str, tuple[int, int]]:
    """What is missing or counted less than wanted."""
    return {uid: (counts.get(uid, 0), count) for uid, count in wanted.items() if counts.get(uid, 0) < count}
