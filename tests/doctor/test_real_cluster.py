"""The doctor against a real API server: as whoever the kubeconfig names, and as a service account without rights."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from eventcenter.settings import Settings
from eventcenter.watch.connection import Connection
from tests.doctor.conftest import Check

pytestmark = pytest.mark.cluster


def now_ms() -> int:
    return int(time.time() * 1000)


@pytest.fixture
def real(cluster_kubeconfig: Path, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", kubeconfig=cluster_kubeconfig)


def create(admin: Connection, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = admin.request("POST", path, body=body)
    assert answer.status in (200, 201), answer
    assert isinstance(answer.json, dict)
    return answer.json


@pytest.fixture
def namespace(admin: Connection) -> Iterator[str]:
    name = f"doctor-{uuid.uuid4().hex[:8]}"
    create(admin, "/api/v1/namespaces", {"metadata": {"name": name}})
    yield name
    admin.request("DELETE", f"/api/v1/namespaces/{name}")


@pytest.fixture
def nobody(admin: Connection, namespace: str, real: Settings, tmp_path: Path) -> Settings:
    """The settings of a service account that was given no rights."""
    accounts = f"/api/v1/namespaces/{namespace}/serviceaccounts"
    create(admin, accounts, {"metadata": {"name": "nobody"}})
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    token = create(admin, f"{accounts}/nobody/token", request)["status"]["token"]
    assert real.kubeconfig is not None
    document = yaml.safe_load(real.kubeconfig.read_text())
    for user in document["users"]:
        user["user"] = {"token": token}
    path = tmp_path / "nobody.kubeconfig"
    path.write_text(json.dumps(document))
    return replace(real, kubeconfig=path)


def test_the_owner_of_the_cluster_is_fine(real: Settings, examined: Check) -> None:
    found = examined(real, now_ms())
    statuses = {name: {finding.status.value for finding in group} for name, group in found.items()}
    statuses.pop("events")  # a fresh cluster may hold none
    assert statuses == {name: {"ok"} for name in ("cluster", "server", "clock", "credentials", "rights")}


def test_without_rights_each_missing_verb_is_named(nobody: Settings, namespace: str, examined: Check) -> None:
    found = examined(nobody, now_ms())
    assert [finding.status for finding in found["rights"]] == ["fail", "fail"]
    who = f"system:serviceaccount:{namespace}:nobody"
    assert f"{who} may not list events in all namespaces" in found["rights"][0].message
    assert f"--serviceaccount={namespace}:nobody" in found["rights"][1].remedy
    assert found["credentials"][0].status == "ok"


def test_the_remedy_cures(nobody: Settings, namespace: str, admin: Connection, examined: Check) -> None:
    in_namespace = replace(nobody, namespaces=(namespace,))
    assert examined(in_namespace, now_ms())["rights"][0].status == "fail"
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
    rule = {"apiGroups": [""], "resources": ["events"], "verbs": ["list", "watch"]}
    create(admin, f"{rbac}/roles", {"metadata": {"name": "eventcenter"}, "rules": [rule]})
    binding = {
        "metadata": {"name": "eventcenter"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "eventcenter"},
        "subjects": [{"kind": "ServiceAccount", "name": "nobody", "namespace": namespace}],
    }
    create(admin, f"{rbac}/rolebindings", binding)
    deadline = time.monotonic() + 20
    while any(finding.status == "fail" for finding in examined(in_namespace, now_ms())["rights"]):
        assert time.monotonic() < deadline, "the binding never took effect"
        time.sleep(0.1)


def test_a_wrong_token_is_told(nobody: Settings, examined: Check) -> None:
    assert nobody.kubeconfig is not None
    document = json.loads(nobody.kubeconfig.read_text())
    document["users"][0]["user"]["token"] = "wrong"
    nobody.kubeconfig.write_text(json.dumps(document))
    found = examined(nobody, now_ms())
    assert list(found)[-1] == "credentials"
    assert "401" in found["credentials"][0].message


def test_a_namespace_that_is_not_there(real: Settings, examined: Check) -> None:
    found = examined(replace(real, namespaces=("no-such-namespace",)), now_ms())
    assert found["namespace"][0].status == "fail"
