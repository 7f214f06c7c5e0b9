"""What a container wrote before it died is there after its Pod is gone: read by the real kubelet, with the rights of
deploy/."""

from __future__ import annotations

import json
import urllib.error
from typing import Any

import pytest

from tests.kind.inside import Center, eventually, pod

pytestmark = [pytest.mark.kind, pytest.mark.timeout(1200)]

CRASHING = "echo connecting to redis://app:hunter2@cache; echo lost the database; exit 1"


def log_of(center: Center, uid: str, **asked: str) -> dict[str, Any]:
    """The log, or the error envelope."""
    try:
        answer = center.page(f"/api/v1/events/{uid}/logs", **asked)
    except urllib.error.HTTPError as error:
        with error:
            answer = error.read().decode()
    found: dict[str, Any] = json.loads(answer)
    return found


def snapshot(center: Center, namespace: str, name: str, reason: str) -> dict[str, Any]:
    """Of the first event that has one."""
    for event in center.events(namespace=namespace, name=name, reason=reason):
        found = log_of(center, event["uid"], source="snapshot")
        if "text" in found:
            return {"uid": event["uid"], **found}
    return {}


def test_last_lines_of_a_crash_loop_outlive_the_pod(center: Center, namespace: str, pod_image: str) -> None:
    kubectl = center.cluster.kubectl
    kubectl("-n", namespace, "apply", "-f", "-", input=json.dumps(pod("doomed", pod_image, command=CRASHING)))
    kept = eventually(
        "the last lines are kept", lambda: snapshot(center, namespace, "doomed", "BackOff"), seconds=120
    )
    assert kept["container"] == "main" and kept["source"] == "snapshot"
    assert kept["text"] == "connecting to redis://app:***@cache\nlost the database"
    live = log_of(center, kept["uid"], source="live")
    assert live["source"] == "live" and live["text"] == kept["text"]
    kubectl("-n", namespace, "delete", "pod", "doomed", "--wait=true", "--timeout=60s")
    assert "is gone" in log_of(center, kept["uid"], source="live")["error"]["message"]
    assert log_of(center, kept["uid"])["text"] == kept["text"]
    assert "lost the database" in center.page(f"/events/{kept['uid']}")


def test_oom_killed_container_leaves_its_lines(center: Center, namespace: str, pod_image: str) -> None:
    greedy = pod(
        "swelling", pod_image, command="echo loading all of it; sleep 1; tail /dev/zero", memory="20Mi"
    )
    center.cluster.kubectl("-n", namespace, "apply", "-f", "-", input=json.dumps(greedy))
    kept = eventually(
        "the lines before the OOM kill",
        lambda: snapshot(center, namespace, "swelling", "ContainerOOMKilled"),
        seconds=120,
    )
    assert kept["text"].startswith("loading all of it")
