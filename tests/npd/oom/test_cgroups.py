"""Paths of every driver and runtime lead to their Pod and container."""

from __future__ import annotations

import pytest

from npd.model import PodRef
from npd.oom.cgroups import place
from tests.npd.oom.reports import ID, UID

SLICE_UID = UID.replace("-", "_")
STATIC = "4b52d75cab61380f07c0c5a69fb371d4"


@pytest.mark.parametrize(
    ("path", "uid", "container"),
    [
        (f"/kubepods.slice/kubepods-pod{SLICE_UID}.slice/cri-containerd-{ID}.scope", UID, ID),
        (f"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{SLICE_UID}.slice", UID, ""),
        (f"/kubepods.slice/a.slice/kubepods-besteffort-pod{SLICE_UID}.slice/docker-{ID}.scope", UID, ID),
        (f"/kubepods.slice/kubepods-pod{SLICE_UID}.slice/crio-{ID}.scope/container", UID, ID),
        (f"/kubepods.slice/kubepods-pod{SLICE_UID}.slice/crio-conmon-{ID}.scope", UID, ""),
        (f"/kubepods/besteffort/pod{UID}/{ID}", UID, ID),
        (f"/kubepods/pod{UID}/crio-{ID}", UID, ID),
        (f"/kubepods/burstable/pod{STATIC}/{ID}", STATIC, ID),
        (f"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{STATIC}.slice", STATIC, ""),
        (f"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod{SLICE_UID}.slice", UID, ""),
        (f"/docker/{ID}/kubelet/kubepods/burstable/pod{UID}/{ID}", UID, ID),
        (f"/system.slice/containerd.service/kubepods-pod{SLICE_UID}.slice:cri-containerd:{ID}", UID, ID),
        (f"/kubepods/pod{UID}/{ID}/supervisord/child", UID, ID),
    ],
)
def test_a_path_of_a_pod(path: str, uid: str, container: str) -> None:
    found = place(path)

    assert found.pod == PodRef(uid, container)
    assert found.level == ("container" if container else "pod")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "",
        "/kubepods",
        "/system.slice/docker.service",
        f"/docker/{ID}",
        "/user.slice/podman-1.scope",
        "/podinfo",
    ],
)
def test_a_path_outside_of_pods(path: str) -> None:
    assert place(path).pod is None
    assert place(path).level == "parent"


def test_the_outer_pod_of_a_node_that_runs_in_a_pod() -> None:
    inner = f"/kubepods/pod{UID}/{ID}/kubelet/kubepods/pod{STATIC}/{ID[::-1]}"

    assert place(inner).pod == PodRef(UID, ID)
