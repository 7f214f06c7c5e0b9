from __future__ import annotations

import json

import pytest

from eventcenter.nodes.fleet import ENDED, Fleet
from eventcenter.nodes.judging import CORDONED_MS, HOUR, MINUTE
from eventcenter.nodes.telling import Finding
from eventcenter.shapes import rfc3339
from tests.nodes.objects import NOW, node, running


class Clock:
    now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def fleet(clock: Clock) -> Fleet:
    fleet = Fleet(clock)
    fleet.leases = {"node-1": NOW}
    fleet.server = "v1.30.2"
    return fleet


def reasons(findings: list[Finding]) -> list[str]:
    return [finding.reason for finding in findings]


def test_a_healthy_node_is_no_news(fleet: Fleet) -> None:
    fleet.take_node(node(), False)
    assert fleet.judge() == []


def test_not_ready_is_told_when_it_lasts_and_when_it_ends(fleet: Fleet, clock: Clock) -> None:
    fleet.take_node(node(ready="Unknown", since=NOW), False)
    clock.now = NOW + 5 * MINUTE - 1
    assert fleet.judge() == []
    clock.now += 1
    (found,) = fleet.judge()
    assert (found.reason, found.level, found.about["name"]) == ("NodeNotReadyForLong", "Warning", "node-1")
    assert "5 minutes" in found.message
    clock.now += HOUR
    assert fleet.judge() == []
    fleet.take_node(node(since=clock.now), False)
    fleet.leases = {"node-1": clock.now}
    (ended,) = fleet.judge()
    assert (ended.reason, ended.level) == (ENDED, "Normal")


def test_the_same_occasion_has_the_same_uid_after_a_restart(clock: Clock) -> None:
    found = []
    for _ in range(2):
        fleet = Fleet(clock)
        fleet.take_node(node(ready="False", since=NOW - HOUR), False)
        found += fleet.judge()
        clock.now += 1000
    assert found[0].uid == found[1].uid
    fleet.take_node(node(ready="False", since=NOW), False)
    clock.now = NOW + HOUR
    assert fleet.judge()[0].uid != found[0].uid


def test_pressure_that_lasts(fleet: Fleet) -> None:
    pressure = {
        "type": "DiskPressure",
        "status": "True",
        "message": "kubelet has disk pressure",
        "lastTransitionTime": rfc3339(NOW - 11 * MINUTE),
    }
    fleet.take_node(node(conditions=[pressure]), False)
    (found,) = fleet.judge()
    assert found.reason == "NodePressureForLong" and "under disk pressure for 11 minutes" in found.message


def test_a_silent_kubelet_of_a_node_that_counts_as_ready(fleet: Fleet, clock: Clock) -> None:
    fleet.take_node(node(), False)
    clock.now = NOW + 2 * MINUTE
    assert reasons(fleet.judge()) == ["NodeHeartbeatMissing"]
    fleet.leases = {"node-1": clock.now}
    assert reasons(fleet.judge()) == [ENDED]


def test_without_leases_the_status_tells_of_the_kubelet(fleet: Fleet, clock: Clock) -> None:
    fleet.leases = {}
    fleet.take_node(node(since=NOW - 10 * MINUTE), False)
    assert fleet.judge() == []
    clock.now += MINUTE
    assert reasons(fleet.judge()) == ["NodeHeartbeatMissing"]


def test_a_flapping_node_is_told_once(fleet: Fleet, clock: Clock) -> None:
    told = []
    for turn in range(7):
        fleet.take_node(node(ready="False" if turn % 2 else "True", since=clock.now), False)
        fleet.leases = {"node-1": clock.now}
        told += reasons(fleet.judge())
        clock.now += MINUTE
    assert told == ["NodeFlapping"]
    clock.now += 31 * MINUTE
    fleet.leases = {"node-1": clock.now}
    fleet.take_node(node(since=NOW), False)
    assert reasons(fleet.judge()) == [ENDED]


def test_a_node_that_is_cordoned_for_a_day(fleet: Fleet, clock: Clock) -> None:
    fleet.take_node(node(unschedulable=True), False)
    clock.now += CORDONED_MS
    fleet.leases = {"node-1": clock.now}
    assert reasons(fleet.judge()) == ["NodeCordonedForLong"]


@pytest.mark.parametrize(
    ("kubelet", "server", "wrong"),
    [
        ("v1.30.1", "v1.30.2", False),
        ("v1.27.0", "v1.30.2", False),
        ("v1.26.0", "v1.30.2", True),
        ("v1.18.0", "v1.20.2", False),
        ("v1.17.0", "v1.20.2", True),
        ("v1.31.0", "v1.30.2", True),
        ("garbage", "v1.30.2", False),
        ("v1.20.0", "", False),
    ],
)
def test_version_skew(fleet: Fleet, kubelet: str, server: str, wrong: bool) -> None:
    fleet.server = server
    fleet.take_node(node(version=kubelet), False)
    assert reasons(fleet.judge()) == (["NodeVersionSkew"] if wrong else [])


def test_a_full_node_and_pods_that_are_over(fleet: Fleet) -> None:
    fleet.take_node(node(most_pods="10"), False)
    for number in range(9):
        fleet.take_pod(running(f"pod-{number}"), False)
    fleet.take_pod(running("elsewhere", on="node-2"), False)
    assert reasons(fleet.judge()) == ["NodePodsNearLimit"]
    fleet.pods_begin()
    assert fleet.judge() == [], "a new list has not ended yet"
    for number in range(9):
        fleet.take_pod(running(f"pod-{number}", phase="Succeeded" if number == 0 else "Running"), False)
    fleet.pods_end()
    assert reasons(fleet.judge()) == [ENDED]


def test_a_node_that_is_gone_is_forgotten(fleet: Fleet, clock: Clock) -> None:
    fleet.take_node(node(ready="False"), False)
    fleet.take_node(node("node-2", ready="False"), False)
    fleet.take_node(node("node-2", ready="False"), True)
    assert [found.node for found in fleet.judge()] == ["node-1"]
    fleet.nodes_begin()
    fleet.nodes_end()
    assert fleet.judge() == []


def test_a_node_without_a_status_is_no_trouble(fleet: Fleet) -> None:
    fleet.take_node(json.dumps({"metadata": {"name": "new", "uid": "u"}}).encode(), False)
    assert fleet.judge() == []
