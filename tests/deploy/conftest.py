"""kubectl on the API server of the cluster tests, and the rights of deploy/ there under names of our own."""

from __future__ import annotations

import base64
import json
import shutil
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.manifests import DEPLOY, Kubectl, moved, rendered

RIGHTS = {"ServiceAccount", "ClusterRole", "ClusterRoleBinding"}


@pytest.fixture(scope="session")
def kubectl_binary() -> str:
    binary = shutil.which("kubectl")
    if binary is None:
        pytest.skip("kubectl is not installed")
    return binary


@pytest.fixture(scope="session")
def kubectl(kubectl_binary: str, cluster_kubeconfig: Path) -> Kubectl:
    return Kubectl(kubectl_binary, cluster_kubeconfig)


@pytest.fixture(scope="session")
def objects(kubectl_binary: str) -> list[dict[str, Any]]:
    return rendered(kubectl_binary, DEPLOY)


@pytest.fixture(scope="module")
def own_namespace(kubectl: Kubectl) -> Iterator[str]:
    name = f"eventcenter-test-{uuid.uuid4().hex[:8]}"
    kubectl("create", "namespace", name)
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="module")
def as_the_center(
    kubectl: Kubectl,
    objects: list[dict[str, Any]],
    own_namespace: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Kubectl]:
    """kubectl with nothing but a token of the service account that deploy/ makes."""
    rights = [item for item in moved(objects, own_namespace) if item["kind"] in RIGHTS]
    assert {item["kind"] for item in rights} == RIGHTS
    kubectl.apply(rights)
    try:
        token = _token(kubectl, own_namespace)
        path = tmp_path_factory.mktemp("rights") / "kubeconfig"
        path.write_text(json.dumps(_kubeconfig(kubectl, token)))
        path.chmod(0o600)
        yield Kubectl(kubectl.binary, path)
    finally:
        kubectl("delete", "clusterrole,clusterrolebinding", own_namespace, f"{own_namespace}-logs")


def _token(kubectl: Kubectl, namespace: str) -> str:
    """A token by a Secret: the way that servers of every version know."""
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/service-account-token",
        "metadata": {
            "name": "token",
            "namespace": namespace,
            "annotations": {"kubernetes.io/service-account.name": "eventcenter"},
        },
    }
    kubectl.apply([secret])
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        data = kubectl.json("get", "secret", "token", "-n", namespace).get("data", {})
        if "token" in data:
            return base64.b64decode(data["token"]).decode()
        time.sleep(0.2)
    raise AssertionError("the cluster made no token for the service account within 30 s")


def _kubeconfig(kubectl: Kubectl, token: str) -> dict[str, Any]:
    admin = kubectl.json("config", "view", "--minify", "--flatten")
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": admin["clusters"][0]["cluster"]}],
        "users": [{"name": "center", "user": {"token": token}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "center"}}],
        "current-context": "test",
    }
