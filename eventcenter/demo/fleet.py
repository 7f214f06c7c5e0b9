"""The Pods that a workload has at one moment, and where new ones go."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from eventcenter.demo.chance import digest, suffix, uid
from eventcenter.demo.cluster import NODES, Workload, pool
from eventcenter.demo.events import Ref
from eventcenter.demo.pods import Pod


@dataclass(slots=True)
class Fleet:
    seed: int
    workload: Workload
    pods: list[Pod] = field(default_factory=list)
    replica_set: str = ""
    tag: str = ""

    def ref(self) -> Ref:
        return self.workload.ref(self.seed)

    def replica_set_ref(self, name: str = "") -> Ref:
        return self.workload.replica_set_ref(self.seed, name or self.replica_set)

    def release(self, at: int) -> tuple[str, str]:
        """Name of the ReplicaSet and image tag of the version that is rolled out at a time."""
        tag = digest(self.seed, self.workload.namespace, self.workload.name, at)[:7]
        return self.workload.replica_set(self.seed, at), tag

    def new_pod(self, at: int, number: int, *, owner: str, tag: str, avoid: str = "", node: str = "") -> Pod:
        """`number` tells Pods apart that are made at one time; of a StatefulSet it is the ordinal."""
        workload = self.workload
        key = (self.seed, workload.namespace, owner, at, number)
        stateful = workload.kind == "StatefulSet"
        name = f"{workload.name}-{number}" if stateful else f"{owner}-{suffix(5, *key)}"
        identity = uid("pod", *key)
        volume = (
            f"pvc-{uid(self.seed, 'pvc', workload.namespace, name)}" if workload.kind == "StatefulSet" else ""
        )
        return Pod(
            namespace=workload.namespace,
            name=name,
            uid=identity,
            node=node or self.place(number, avoid),
            container=workload.name,
            image=f"{workload.image}:{tag}",
            port=workload.port,
            process=workload.process,
            volume=volume,
        )

    def place(self, number: int, avoid: str = "") -> str:
        """The node with the fewest of its Pods, as the scheduler spreads them."""
        used = [pod.node for pod in self.pods]
        nodes = [node for node in self.nodes() if node != avoid]
        return min(nodes, key=lambda node: (used.count(node), digest(self.workload.name, number, node)))

    def nodes(self) -> tuple[str, ...]:
        if self.workload.kind == "DaemonSet":
            return tuple(node.name for node in NODES)
        return pool(self.workload.pool)

    def on(self, node: str) -> list[Pod]:
        return [pod for pod in self.pods if pod.node == node]

    def choose(self, random: Random) -> Pod:
        return random.choice(self.pods)
