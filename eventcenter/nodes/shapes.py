"""The few fields of Nodes, Pods and Leases that are looked at: all others are skipped while decoding."""

from __future__ import annotations

import msgspec

Struct = msgspec.Struct


class Meta(Struct):
    name: str = ""
    namespace: str = ""
    uid: str = ""


class NodeCondition(Struct):
    type: str
    status: str = ""
    reason: str = ""
    message: str = ""
    lastHeartbeatTime: str | None = None
    lastTransitionTime: str | None = None


class Taint(Struct):
    key: str
    timeAdded: str | None = None


class NodeSpec(Struct):
    unschedulable: bool = False
    taints: list[Taint] | None = None


class NodeInfo(Struct):
    kubeletVersion: str = ""


class NodeStatus(Struct):
    conditions: list[NodeCondition] | None = None
    nodeInfo: NodeInfo = msgspec.field(default_factory=NodeInfo)
    allocatable: dict[str, str] | None = None


class Node(Struct):
    metadata: Meta
    spec: NodeSpec = msgspec.field(default_factory=NodeSpec)
    status: NodeStatus = msgspec.field(default_factory=NodeStatus)


class Terminated(Struct):
    reason: str = ""
    exitCode: int = 0
    finishedAt: str | None = None
    containerID: str = ""


class ContainerState(Struct):
    terminated: Terminated | None = None


class ContainerStatus(Struct):
    name: str = ""
    restartCount: int = 0
    state: ContainerState | None = None
    lastState: ContainerState | None = None


class Resources(Struct):
    limits: dict[str, str | int] | None = None


class Container(Struct):
    name: str = ""
    resources: Resources | None = None


class PodSpec(Struct):
    nodeName: str = ""
    containers: list[Container] | None = None
    initContainers: list[Container] | None = None


class PodStatus(Struct):
    phase: str = ""
    containerStatuses: list[ContainerStatus] | None = None
    initContainerStatuses: list[ContainerStatus] | None = None


class Pod(Struct):
    metadata: Meta
    spec: PodSpec = msgspec.field(default_factory=PodSpec)
    status: PodStatus = msgspec.field(default_factory=PodStatus)


class LeaseSpec(Struct):
    renewTime: str | None = None


class Lease(Struct):
    metadata: Meta
    spec: LeaseSpec = msgspec.field(default_factory=LeaseSpec)


class Leases(Struct):
    items: list[Lease]


node_of = msgspec.json.Decoder(Node).decode
pod_of = msgspec.json.Decoder(Pod).decode
leases_of = msgspec.json.Decoder(Leases).decode
