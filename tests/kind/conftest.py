"""A kind cluster of three nodes with the center in it, installed as a user installs it.

pytest-kind's own fixture knows no kind-config.yaml and downloads a kind of its own: this one makes the
cluster from the file and takes the `kind` and `kubectl` of this machine. `--cluster-name NAME --keep-cluster`
uses one that is up. TEST_IMAGE names an image that is built already, TEST_POD_IMAGE the busybox for the Pods
in trouble."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from pytest_kind import KindCluster

from tests.kind.inside import NAMESPACE, Center, eventually, pod

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "kind-config.yaml"
IMAGE = "eventcenter:dev"
DATA = "/var/lib/eventcenter-test"


@pytest.fixture(scope="session")
def kind_cluster(request: pytest.FixtureRequest) -> Iterator[KindCluster]:
    option = request.config.getoption
    kind, kubectl = (
        _binary(option(name), tool) for name, tool in (("kind_bin", "kind"), ("kind_kubectl_bin", "kubectl"))
    )
    if subprocess.run(["docker", "info"], capture_output=True, timeout=60).returncode:
        pytest.skip("no Docker engine answers: start Docker, or set DOCKER_HOST")
    name, kubeconfig = option("cluster_name"), option("kubeconfig")
    there = subprocess.check_output([str(kind), "get", "clusters"], text=True, timeout=60).split()
    if kubeconfig and name not in there:
        # kind would write the new cluster into that file.
        pytest.skip(
            f"--kubeconfig is given, but kind has no cluster {name!r}: name it with --cluster-name NAME"
        )
    cluster = KindCluster(
        name,
        Path(kubeconfig) if kubeconfig else None,
        image=option("kind_image"),
        kind_path=kind,
        kubectl_path=kubectl,
    )
    cluster.create(CONFIG)
    yield cluster
    if name not in there and not option("keep_cluster"):
        cluster.delete()


def _binary(given: str | None, tool: str) -> Path:
    found = given or shutil.which(tool)
    if not found or not shutil.which("docker"):
        pytest.skip(f"needs docker and {tool} on the PATH")
    return Path(found)


@pytest.fixture(scope="session")
def center(kind_cluster: KindCluster) -> Center:
    kind_cluster.load_docker_image(_image())
    kind_cluster.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--timeout=120s")
    kind_cluster.kubectl("wait", "node", "--all", "--for=condition=Ready", "--timeout=180s")
    _give_old_clusters_a_volume(kind_cluster)
    kind_cluster.kubectl("apply", "-k", str(ROOT / "deploy" / "kind"))
    _wait_for_rollout(kind_cluster)
    port = yaml.safe_load(CONFIG.read_text())["nodes"][0]["extraPortMappings"][0]["hostPort"]
    center = Center(kind_cluster, f"http://127.0.0.1:{port}")
    eventually("the page answers at the port of kind-config.yaml", center.ready)
    return center


def _image() -> str:
    built = os.environ.get("TEST_IMAGE")
    if built:
        subprocess.run(["docker", "tag", built, IMAGE], check=True, timeout=60)
    else:
        subprocess.run(["docker", "build", "--tag", IMAGE, str(ROOT)], check=True, timeout=1000)
    return IMAGE


def _wait_for_rollout(cluster: KindCluster) -> None:
    try:
        cluster.kubectl("-n", NAMESPACE, "rollout", "status", "deployment/eventcenter", "--timeout=180s")
    except subprocess.CalledProcessError:
        described = cluster.kubectl("-n", NAMESPACE, "describe", "pods")
        logs = cluster.kubectl("-n", NAMESPACE, "logs", "deployment/eventcenter", "--tail=40")
        pytest.fail(f"the Deployment does not get ready\n{described}\n{logs}", pytrace=False)


def _give_old_clusters_a_volume(cluster: KindCluster) -> None:
    """kind's provisioner of today makes a directory for everyone, tied to its node. Old clusters' makes
    one for root, tied to none, and Kubernetes changes no owners there: lay a volume ready for the claim."""
    classes = json.loads(cluster.kubectl("get", "storageclass", "-o", "json"))["items"]
    old = [item["metadata"]["name"] for item in classes if item["provisioner"] == "kubernetes.io/host-path"]
    if not old:
        return
    node = cluster.kubectl("get", "nodes", "-o", "name").split()[-1].removeprefix("node/")
    make = f"rm -rf {DATA} && mkdir -m 0777 {DATA}"
    subprocess.run(["docker", "exec", node, "sh", "-c", make], check=True, timeout=60)
    cluster.kubectl("delete", "persistentvolume", "eventcenter-test", "--ignore-not-found", "--timeout=60s")
    hostname = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": "eventcenter-test"},
        "spec": {
            "capacity": {"storage": "10Gi"},
            "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": old[0],
            "claimRef": {"namespace": NAMESPACE, "name": "eventcenter-data"},
            "hostPath": {"path": DATA},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [hostname]}]}},
        },
    }
    cluster.kubectl("apply", "-f", "-", input=json.dumps(volume))


@pytest.fixture(scope="module")
def namespace(kind_cluster: KindCluster) -> Iterator[str]:
    """A namespace for Pods in trouble, ready to take them."""
    name = f"trouble-{uuid.uuid4().hex[:6]}"
    kind_cluster.kubectl("create", "namespace", name)
    eventually(
        "the namespace has its service account",
        lambda: kind_cluster.kubectl("-n", name, "get", "serviceaccounts", "-o", "name"),
    )
    yield name
    kind_cluster.kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="session")
def pod_image() -> str:
    return os.environ.get("TEST_POD_IMAGE", "busybox:1.36")


@pytest.fixture(scope="module")
def pods_in_trouble(kind_cluster: KindCluster, center: Center, namespace: str, pod_image: str) -> str:
    """One Pod that crashes, one killed for its memory, one with an image nobody has; their namespace."""
    pods = [
        pod("crashing", pod_image, command="echo lost the database; exit 1"),
        pod("greedy", pod_image, command="sleep 1; tail /dev/zero", memory="20Mi"),
        pod("misspelt", "registry.invalid/shop/web:v3-typo"),
    ]
    listed = {"apiVersion": "v1", "kind": "List", "items": pods}
    kind_cluster.kubectl("-n", namespace, "apply", "-f", "-", input=json.dumps(listed))
    return namespace
