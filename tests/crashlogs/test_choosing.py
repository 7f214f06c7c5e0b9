"""Which events are followed, and which run of which container each tells of."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from eventcenter.crashlogs.choosing import ENDED, FAILING, container_of, is_chosen, run_of
from eventcenter.rules import built_in
from tests.crashlogs.made import crash, oom, unhealthy
from tests.store.made import event


def test_every_problem_is_one_of_the_catalogue() -> None:
    assert built_in().problems.keys() >= ENDED | FAILING


@pytest.mark.parametrize(
    "told",
    [
        crash(),
        oom(),
        unhealthy(),
        event(reason="Killing", message="Container web failed liveness probe, will be restarted"),
        crash(namespace="kube-system", name="coredns-5d78c9869d-abcde"),
    ],
)
def test_crashes_are_chosen_by_the_catalogue(told: Any) -> None:
    assert is_chosen(msgspec.structs.replace(told, problem=built_in().classify(told)))


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"field_path": "spec.containers{web}", "message": ""}, "web"),
        ({"field_path": "spec.initContainers{migrate}", "message": ""}, "migrate"),
        ({"field_path": "", "message": "Back-off restarting failed container app in pod x_y(1)"}, "app"),
        ({"field_path": "", "message": "Back-off restarting failed container"}, ""),
        (
            {"field_path": "", "message": "Container side-car failed liveness probe, will be restarted"},
            "side-car",
        ),
        ({"field_path": "spec.containers{../../x}", "message": "Container ../x failed"}, "../../x"),
    ],
)
def test_container_is_told_by_the_field_or_the_message(fields: dict[str, str], name: str) -> None:
    assert container_of(event(**fields)) == name


def status(name: str, ended: str, run: str) -> dict[str, Any]:
    return {"name": name, "lastState": {"terminated": {"containerID": run, "finishedAt": ended}}}


def test_without_a_name_it_is_the_container_that_ended_last() -> None:
    pod = {
        "status": {
            "containerStatuses": [
                status("a", "2026-11-23T06:00:00Z", "1"),
                status("b", "2026-11-23T07:00:00Z", "2"),
            ]
        }
    }
    told = crash(field_path="", message="Back-off restarting failed container", problem="pod-crash-loop")
    assert run_of(pod, told) == ("b", "2", True)


@pytest.mark.parametrize(
    ("told", "state", "run"),
    [
        (crash(problem="pod-crash-loop"), {"waiting": {}}, ("web", "old", True)),
        (
            crash(problem="pod-crash-loop"),
            {"running": {"startedAt": "2026-11-23T06:00:10Z"}},
            ("web", "old", True),
        ),
        (
            crash(problem="pod-crash-loop"),
            {"terminated": {"containerID": "c://new"}},
            ("web", "new", False),
        ),
        (
            oom(problem="pod-oom-killed", uid="oom:old"),
            {"terminated": {"containerID": "c://new"}},
            ("web", "old", True),
        ),
        (
            unhealthy(problem="pod-liveness-failed"),
            {"running": {"startedAt": "2026-11-23T06:00:10Z"}},
            ("web", "new", False),
        ),
        (unhealthy(problem="pod-liveness-failed"), {"waiting": {}}, ("web", "old", True)),
    ],
)
def test_run_follows_from_the_status(told: Any, state: dict[str, Any], run: Any) -> None:
    one = status("web", "2026-11-23T06:00:00Z", "c://old") | {"state": state, "containerID": "c://new"}
    assert run_of({"status": {"containerStatuses": [one]}}, told) == run


@pytest.mark.parametrize(
    "pod", [{}, {"status": None}, {"status": {"containerStatuses": [1, None]}}, {"status": []}]
)
def test_a_pod_without_a_status_names_no_run(pod: dict[str, Any]) -> None:
    assert run_of(pod, crash()) == ("web", "", None)
