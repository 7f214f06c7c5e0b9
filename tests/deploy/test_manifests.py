"""What the files of deploy/, the image and kind-config.yaml promise each other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
BASE = ROOT / "deploy" / "base"


def load(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(path.read_text())
    return document


def test_both_kustomizations_list_every_file_of_the_base() -> None:
    files = {path.name for path in BASE.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(load(BASE / "kustomization.yaml")["resources"]) == files
    assert set(load(ROOT / "deploy" / "kustomization.yaml")["resources"]) == {
        f"base/{name}" for name in files
    }


def test_pod_runs_as_the_user_of_the_image() -> None:
    user = re.search(r"^USER (\d+):(\d+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    pod = load(BASE / "deployment.yaml")["spec"]["template"]["spec"]["securityContext"]
    assert user and (pod["runAsUser"], pod["runAsGroup"]) == (int(user[1]), int(user[2]))


def test_everything_the_image_writes_is_a_volume() -> None:
    container = load(BASE / "deployment.yaml")["spec"]["template"]["spec"]["containers"][0]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/data", "/tmp"}
    image = (ROOT / "Dockerfile").read_text()
    assert "EVENTCENTER_DATA_DIR=/data " in image and "HOME=/tmp " in image and "MPLCONFIGDIR=/tmp/" in image


def test_kind_forwards_the_port_of_its_service() -> None:
    mapping = load(ROOT / "kind-config.yaml")["nodes"][0]["extraPortMappings"][0]
    service = load(ROOT / "deploy" / "kind" / "service.yaml")
    assert mapping["containerPort"] == service["spec"]["ports"][0]["nodePort"]
    assert mapping["listenAddress"] == "127.0.0.1"


def test_one_process_at_a_time_has_the_data() -> None:
    spec = load(BASE / "deployment.yaml")["spec"]
    assert spec["replicas"] == 1 and spec["strategy"] == {"type": "Recreate"}


def test_every_permission_says_why() -> None:
    lines = (BASE / "rbac.yaml").read_text().splitlines()
    verbs = [line for line in lines if re.match(r"\s+- (get|list|watch|create|update|patch|delete)\b", line)]
    assert verbs and all("#" in verb for verb in verbs)
