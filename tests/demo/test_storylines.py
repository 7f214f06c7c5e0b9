"""Every promised story is told in a week, in words that the catalogue of problems understands."""

from __future__ import annotations

from typing import Any

import pytest

from eventcenter.demo import simulate
from eventcenter.model import ChangeType, Event
from eventcenter.normalize import normalize
from eventcenter.rules import built_in, matcher

HOUR = 3_600_000
DAY = 24 * HOUR
END = 1_795_438_000_000

Raw = dict[str, Any]

PROBLEMS = (
    "pod-oom-killed",
    "node-oom-killing",
    "node-system-oom",
    "pod-crash-loop",
    "pod-image-pull-backoff",
    "pod-image-pull-failed",
    "pod-image-not-found",
    "pod-image-pull-unauthorized",
    "pod-liveness-failed",
    "pod-readiness-failed",
    "pod-killed-by-liveness",
    "pod-evicted",
    "pod-taint-eviction",
    "pod-node-not-ready",
    "workload-create-failed",
    "workload-quota-exceeded",
    "job-failed",
    "scheduling-insufficient",
    "scheduling-volume",
    "node-not-ready",
    "node-ready",
    "node-memory-pressure",
    "node-eviction-threshold",
    "node-gc-failed",
    "node-task-hung",
    "node-kubelet-restarting",
    "volume-mount-failed",
    "volume-mount-config-missing",
    "pvc-provisioning-failed",
    "hpa-metric-failed",
    "endpoints-update-failed",
    "cert-challenge-failed",
    "core-leader-flapping",
)

REASONS = (
    ("ScalingReplicaSet", "Deployment", "deployment-controller"),
    ("SuccessfulCreate", "ReplicaSet", "replicaset-controller"),
    ("SuccessfulDelete", "ReplicaSet", "replicaset-controller"),
    ("SuccessfulCreate", "StatefulSet", "statefulset-controller"),
    ("SuccessfulDelete", "DaemonSet", "daemonset-controller"),
    ("Scheduled", "Pod", "default-scheduler"),
    ("Pulling", "Pod", "kubelet"),
    ("Pulled", "Pod", "kubelet"),
    ("Created", "Pod", "kubelet"),
    ("Started", "Pod", "kubelet"),
    ("Killing", "Pod", "kubelet"),
    ("SuccessfulAttachVolume", "Pod", "attachdetach-controller"),
    ("SuccessfulRescale", "HorizontalPodAutoscaler", "horizontal-pod-autoscaler"),
    ("SuccessfulCreate", "CronJob", "cronjob-controller"),
    ("SawCompletedJob", "CronJob", "cronjob-controller"),
    ("Completed", "Job", "job-controller"),
    ("ProvisioningSucceeded", "PersistentVolumeClaim", "disk.csi.example.com_csi-provisioner-0"),
    ("LeaderElection", "Lease", "kube-controller-manager"),
    ("Issuing", "Certificate", "cert-manager-certificates-issuing"),
)


def normalized(changes: list[Raw]) -> list[Event]:
    return [normalize(ChangeType(change["type"]), change["object"], received=END).event for change in changes]


@pytest.fixture(scope="module")
def events(week: list[Raw]) -> list[Event]:
    return normalized(week)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_week_has_the_problem(events: list[Event], problem: str) -> None:
    match = built_in().problems[problem].match
    assert any(matcher(match)(event) for event in events)


@pytest.mark.parametrize(("reason", "kind", "component"), REASONS)
def test_a_week_has_the_everyday_event(events: list[Event], reason: str, kind: str, component: str) -> None:
    assert any((event.reason, event.kind, event.component) == (reason, kind, component) for event in events)


@pytest.mark.parametrize("seed", [2, 3])
def test_the_rare_stories_are_told_in_any_week(seed: int) -> None:
    rare = ("pod-evicted", "node-not-ready", "pod-taint-eviction", "node-system-oom", "node-memory-pressure")
    wanted = {name: built_in().problems[name].match for name in rare}
    reasons = {reason for match in wanted.values() for reason in match.reason}
    end = END + seed * 31 * HOUR
    told = [change for change in simulate(seed, end - 7 * DAY, end) if change["object"]["reason"] in reasons]
    found = {
        name for name, match in wanted.items() if any(matcher(match)(event) for event in normalized(told))
    }
    assert found == set(rare)


@pytest.mark.parametrize("offset", range(0, 48, 9))
def test_whenever_it_is_started_something_is_broken_now(offset: int) -> None:
    now = END + offset * HOUR + offset * 60_000
    events = normalized(list(simulate(1, now - HOUR, now)))
    crash, image = (built_in().problems[name].match for name in ("pod-crash-loop", "pod-image-pull-backoff"))
    last = now - 20 * 60_000
    assert any(matcher(crash)(event) and event.count > 1 and event.last_time > last for event in events)
    assert any(matcher(image)(event) and event.count > 1 and event.last_time > last for event in events)


def test_kills_for_memory_name_the_pod_and_the_process(events: list[Event]) -> None:
    by_pod = [event for event in events if event.reason == "PodOOMKilling"]
    by_node = [event for event in events if event.reason == "OOMKilling"]
    assert all(event.object_uid in event.message and event.hostname in event.message for event in by_pod)
    assert all(event.hostname == event.name for event in by_node)
    times = {(event.hostname, event.last_time // 1000) for event in by_node}
    near = [event for event in by_pod if (event.hostname, event.last_time // 1000) in times]
    assert len(near) > 0.8 * len(by_pod)


def test_an_outage_runs_its_course(week: list[Raw]) -> None:
    told = [(change["object"]["reason"], change["object"]["involvedObject"]["kind"]) for change in week]
    begin = told.index(("NodeNotReady", "Node"))
    course = [
        ("NodeNotReady", "Pod"),
        ("TaintManagerEviction", "Pod"),
        ("Starting", "Node"),
        ("NodeReady", "Node"),
    ]
    positions = [told.index(step, begin) for step in course]
    assert positions == sorted(positions)
