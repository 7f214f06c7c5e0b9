"""The manifests on a real API server: it accepts them, and the ClusterRole gives what is needed, no more."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.deploy.manifests import Kubectl, moved

pytestmark = pytest.mark.cluster


def test_server_accepts_every_object(
    kubectl: Kubectl, objects: list[dict[str, Any]], own_namespace: str
) -> None:
    accepted = kubectl.apply(moved(objects, own_namespace), "--dry-run=server").splitlines()
    assert len(accepted) == len(objects) - 1
    assert all(line.endswith("created (server dry run)") for line in accepted), accepted


def test_server_refuses_a_wrong_object(
    kubectl: Kubectl, objects: list[dict[str, Any]], own_namespace: str
) -> None:
    wrong = moved(objects, own_namespace)
    deployment = next(item for item in wrong if item["kind"] == "Deployment")
    deployment["spec"]["template"]["spec"]["containers"][0]["ports"][0]["containerPort"] = 80800
    with pytest.raises(AssertionError, match="containerPort"):
        kubectl.apply(wrong, "--dry-run=server")


def test_role_lists_and_watches_events(as_the_center: Kubectl, kubectl: Kubectl, own_namespace: str) -> None:
    name = f"rights.{own_namespace}"
    kubectl.apply([_event(name, own_namespace)])
    listed = json.loads(as_the_center("get", "--raw", f"/api/v1/events?fieldSelector=metadata.name={name}"))
    assert [item["metadata"]["namespace"] for item in listed["items"]] == [own_namespace]
    path = f"/api/v1/events?watch=1&timeoutSeconds=1&fieldSelector=metadata.name={name}"
    watched = [json.loads(line) for line in as_the_center("get", "--raw", path).splitlines()]
    assert [change["object"]["metadata"]["name"] for change in watched] == [name]


@pytest.mark.parametrize(
    ("verb", "resource"),
    [
        ("list", "secrets"),
        ("get", "pods"),
        ("delete", "pods"),
        ("patch", "nodes/status"),
        ("create", "events"),
        ("delete", "events"),
        ("patch", "nodes"),
        ("create", "pods"),
    ],
)
def test_role_gives_no_more(as_the_center: Kubectl, verb: str, resource: str) -> None:
    asked = as_the_center.run("auth", "can-i", verb, resource, "--all-namespaces")
    assert asked.stdout.strip() == "no", asked.stderr


def test_the_role_of_its_own_lets_it_read_logs(as_the_center: Kubectl) -> None:
    asked = as_the_center.run("auth", "can-i", "get", "pods", "--subresource=log", "--all-namespaces")
    assert asked.stdout.strip() == "yes", asked.stderr


def test_a_call_beyond_the_role_is_refused(as_the_center: Kubectl) -> None:
    refused = as_the_center.run("get", "secrets", "--all-namespaces")
    assert refused.returncode != 0 and "forbidden" in refused.stderr


def _event(name: str, namespace: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": namespace},
        "involvedObject": {"kind": "Pod", "name": "rights", "namespace": namespace},
        "reason": "Testing",
        "message": "listed with the rights of deploy/",
        "type": "Normal",
    }
