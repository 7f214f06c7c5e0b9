"""Which container of which Pod a cgroup path belongs to, read from the path alone: cgroup v1 and v2, the systemd and
the cgroupfs driver, containerd, CRI-O, Docker, and any prefix of nested nodes (kind, LXC)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from npd.model import PodRef

_POD = re.compile(
    r"(?:.*-)?pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\.slice)?", re.ASCII
)
_CONTAINER = re.compile(
    r"(?:cri-containerd-|containerd-|docker-|crio-|libpod-)?([0-9a-f]{64})(?:\.scope)?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Place:
    """What a path says: of a cgroup outside of all Pods, `pod` is None."""

    pod: PodRef | None

    @property
    def level(self) -> str:
        """`container`, `pod`, or `parent` for what holds Pods or has nothing to do with them."""
        if self.pod is None:
            return "parent"
        return "container" if self.pod.container_id else "pod"


def place(path: str) -> Place:
    """Of nested Pods (a node inside a Pod) the outermost one: it is the one that this kernel's own kubelet knows."""
    # With the cgroupfs driver runc takes a path meant for systemd as one name: `…-pod<uid>.slice:cri-containerd:<id>`.
    elements = [part for element in path.split("/") for part in element.split(":")]
    for position, element in enumerate(elements):
        if found := _POD.fullmatch(element):
            return Place(PodRef(_uid(found[1]), _container(elements[position + 1 :])))
    return Place(None)


def _uid(text: str) -> str:
    """Slice names carry `_` for `-`; the uid of a static Pod has neither."""
    return text.replace("_", "-")


def _container(below: list[str]) -> str:
    for element in below[:2]:  # the second, where `cri-containerd` and the id are parted by a colon
        if found := _CONTAINER.fullmatch(element):
            return found[1]
    return ""
