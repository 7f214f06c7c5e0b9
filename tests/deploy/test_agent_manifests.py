"""What deploy/npd, its image and the agent promise each other."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from npd.options import Options, parse
from tests.deploy.manifests import DEPLOY, Kubectl, rendered
from tests.deploy.test_manifests import load

NPD = DEPLOY / "npd"
ROOT = DEPLOY.parent


@pytest.fixture
def pod() -> Any:
    return load(NPD / "daemonset.yaml")["spec"]["template"]["spec"]


def test_the_kustomization_lists_every_file() -> None:
    files = {path.name for path in NPD.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(load(NPD / "kustomization.yaml")["resources"]) == files


def test_every_permission_says_why() -> None:
    verbs = [line for line in (NPD / "rbac.yaml").read_text().splitlines() if re.match(r" {6}- \w+", line)]
    assert verbs and all("#" in line for line in verbs)
    documents = yaml.safe_load_all((NPD / "rbac.yaml").read_text())
    rules = next(one["rules"] for one in documents if one["kind"] == "ClusterRole")
    assert {resource: set(rule["verbs"]) for rule in rules for resource in rule["resources"]} == {
        "nodes": {"get"},
        "nodes/status": {"patch"},
        "events": {"create", "patch", "get"},
        "pods": {"list"},
    }


def test_every_mount_of_the_node_is_read_only_and_says_why(pod: Any) -> None:
    mounts = {mount["name"]: mount for mount in pod["containers"][0]["volumeMounts"]}
    assert {name for name, mount in mounts.items() if not mount.get("readOnly")} == {"state"}
    volumes = (NPD / "daemonset.yaml").read_text().partition("      volumes:")[2].splitlines()
    named = [number for number, line in enumerate(volumes) if line.startswith("        - name:")]
    assert len(named) == len(pod["volumes"])
    assert all("#" in volumes[number] or "#" in volumes[number - 1] for number in named)


def test_its_arguments_are_flags_and_its_paths_are_mounted(pod: Any) -> None:
    container = pod["containers"][0]
    options = parse(container["args"], {"NODE_NAME": "n"})
    paths = {mount["mountPath"] for mount in container["volumeMounts"]}
    assert {str(options.host), str(options.state_dir), options.kmsg} == paths
    assert container["env"][0]["name"] == "NODE_NAME"


def test_probes_ask_where_the_agent_listens(pod: Any) -> None:
    container, defaults = pod["containers"][0], Options()
    for probe in ("livenessProbe", "readinessProbe"):
        asked = container[probe]["httpGet"]
        assert (asked["host"], asked["port"], asked["path"]) == (defaults.address, defaults.port, "/healthz")
    assert pod["hostNetwork"], "127.0.0.1 is the node's only then"


def test_the_lock_of_the_image_is_that_of_the_center() -> None:
    lines = [line for line in (ROOT / "requirements-npd.lock").read_text().splitlines() if line[:1].isalpha()]
    assert [line.partition("==")[0] for line in lines] == ["google-re2"]
    assert lines[0] in (ROOT / "requirements.lock").read_text().splitlines()
    assert "COPY requirements-npd.lock" in (ROOT / "Dockerfile").read_text()
    assert "!requirements-npd.lock" in (ROOT / ".dockerignore").read_text().splitlines()


@pytest.mark.cluster
@pytest.mark.parametrize("directory", ["npd", "npd-kind"])
def test_the_server_accepts_every_object(kubectl: Kubectl, kubectl_binary: str, directory: str) -> None:
    objects = rendered(kubectl_binary, DEPLOY / directory)
    kinds = [item["kind"] for item in objects]
    assert sorted(kinds) == ["ClusterRole", "ClusterRoleBinding", "DaemonSet", "Namespace", "ServiceAccount"]
    for item in objects:
        if item["metadata"].get("namespace"):
            item["metadata"]["namespace"] = "default"
    accepted = kubectl.apply(objects, "--dry-run=server").splitlines()
    assert len(accepted) == len(objects) and all(line.endswith("(server dry run)") for line in accepted), (
        accepted
    )


def test_the_image_has_only_the_agent() -> None:
    stages = re.split(r"^FROM ", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    build = next(stage for stage in stages if " AS npd-build" in stage)
    copied = re.findall(r"^COPY (?:--\S+ )?(\S+)", build, re.MULTILINE)
    assert copied == ["requirements-npd.lock", "npd"]
