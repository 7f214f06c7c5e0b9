"""What the failures of a node do to a workload: Pods that are evicted come back elsewhere."""

from __future__ import annotations

from random import Random

from eventcenter.demo import memory
from eventcenter.demo.chance import seconds
from eventcenter.demo.controllers import create
from eventcenter.demo.events import Note, Ref, Source
from eventcenter.demo.fleet import Fleet
from eventcenter.demo.incidents import liveness_kills, probes_fail
from eventcenter.demo.pods import Pod, stop
from eventcenter.demo.schedule import TOLERATION, Happening

_NODES = Source("node-controller")
_TAINTS = Source("taint-eviction-controller")


def node_down(fleet: Fleet, happening: Happening, random: Random) -> list[Note]:
    """Its Pods are marked at once and evicted after their toleration; DaemonSets stay where they are."""
    notes: list[Note] = []
    for pod in fleet.on(happening.node):
        at = happening.at + random.randint(20, 900)
        notes.append(Note(at, pod.ref(), "NodeNotReady", "Node is not ready", _NODES, "Warning"))
        if fleet.workload.kind != "DaemonSet":
            notes += _evict_from_lost_node(fleet, pod, happening, random)
    return notes


def _evict_from_lost_node(fleet: Fleet, pod: Pod, happening: Happening, random: Random) -> list[Note]:
    """The container ends only when the node is back; a StatefulSet waits for that, a ReplicaSet does not."""
    at = happening.at + TOLERATION + random.randint(100, 900)
    about = Ref("Pod", pod.namespace, pod.name, "")
    marked = Note(
        at, about, "TaintManagerEviction", f"Marking for deletion Pod {pod.namespace}/{pod.name}", _TAINTS
    )
    ended = happening.end + seconds(random, 8, 40)
    waits = fleet.workload.kind == "StatefulSet"
    number = int(pod.name.rpartition("-")[2]) if waits else fleet.pods.index(pod)
    fleet.pods.remove(pod)
    made, _ = create(fleet, ended + 1200 if waits else at + 40, number, random, avoid=pod.node)
    if waits:
        fleet.pods.insert(number, fleet.pods.pop())
    return [marked, stop(pod, ended), *made]


def memory_pressure(fleet: Fleet, happening: Happening, random: Random) -> list[Note]:
    """kubelet evicts the greediest Pods of the node."""
    pods = fleet.on(happening.node)
    if not pods or random.random() > (1.0 if "greedy" in fleet.workload.traits else 0.15):
        return []
    if fleet.workload.kind != "Deployment":
        return []
    pod, at = pods[0], happening.at + seconds(random, 12, 100)
    message = (
        "The node was low on resource: memory. Threshold quantity: 100Mi, "
        f"available: {random.randint(61, 99) * 1024}Ki. "
        f"Container {pod.container} was using {random.randint(900_000, 3_800_000)}Ki, request is 512Mi, "
        "has larger consumption of memory. "
    )
    evicted = Note(at, pod.ref(), "Evicted", message, pod.kubelet, "Warning")
    number = fleet.pods.index(pod)
    fleet.pods.remove(pod)
    made, _ = create(fleet, at + 900, number, random, avoid=pod.node)
    return [evicted, stop(pod, at + 10), *made]


def out_of_memory(fleet: Fleet, happening: Happening, random: Random) -> list[Note]:
    return memory.kill_and_restart(fleet.choose(random), happening.at, random)


def not_ready(fleet: Fleet, happening: Happening, random: Random) -> list[Note]:
    return probes_fail(fleet.choose(random), happening.at, random)


def hangs(fleet: Fleet, happening: Happening, random: Random) -> list[Note]:
    return liveness_kills(fleet.choose(random), happening.at, random)
