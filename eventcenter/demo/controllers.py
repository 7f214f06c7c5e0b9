"""What the controllers do for a workload: make Pods, delete them, scale ReplicaSets."""

from __future__ import annotations

from random import Random

from eventcenter.demo.chance import seconds
from eventcenter.demo.events import Note, Source
from eventcenter.demo.fleet import Fleet
from eventcenter.demo.pods import Pod, start, stop, unready

_DEPLOYMENTS = Source("deployment-controller")
_REPLICA_SETS = Source("replicaset-controller")
_OTHERS = {"StatefulSet": Source("statefulset-controller"), "DaemonSet": Source("daemonset-controller")}


def create(
    fleet: Fleet, at: int, number: int, random: Random, *, avoid: str = "", node: str = ""
) -> tuple[list[Note], int]:
    """A new Pod of the version that runs, until its container has started."""
    owner = fleet.replica_set if fleet.workload.kind == "Deployment" else fleet.workload.name
    pod = fleet.new_pod(at, number, owner=owner, tag=fleet.tag, avoid=avoid, node=node)
    fleet.pods.append(pod)
    started, now = start(pod, at + seconds(random, 0.05, 0.3), random, secret_missing=random.random() < 0.02)
    notes = [created(fleet, at, pod), *started]
    if random.random() < 0.25:
        notes.append(unready(pod, now + 1500))
        now += 2000
    return notes, now


def created(fleet: Fleet, at: int, pod: Pod) -> Note:
    if fleet.workload.kind == "Deployment":
        about = fleet.replica_set_ref(pod.name.rpartition("-")[0])
        return Note(at, about, "SuccessfulCreate", f"Created pod: {pod.name}", _REPLICA_SETS)
    message = f"Created pod: {pod.name}"
    if fleet.workload.kind == "StatefulSet":
        message = f"create Pod {pod.name} in StatefulSet {fleet.workload.name} successful"
    return Note(at, fleet.ref(), "SuccessfulCreate", message, _OTHERS[fleet.workload.kind])


def delete(fleet: Fleet, at: int, pod: Pod) -> list[Note]:
    """By its controller, on purpose."""
    if fleet.workload.kind == "Deployment":
        about = fleet.replica_set_ref(pod.name.rpartition("-")[0])
        deleted = Note(at, about, "SuccessfulDelete", f"Deleted pod: {pod.name}", _REPLICA_SETS)
    else:
        message = f"Deleted pod: {pod.name}"
        if fleet.workload.kind == "StatefulSet":
            message = f"delete Pod {pod.name} in StatefulSet {fleet.workload.name} successful"
        deleted = Note(at, fleet.ref(), "SuccessfulDelete", message, _OTHERS[fleet.workload.kind])
    return [deleted, stop(pod, at + 60)]


def scaled(fleet: Fleet, at: int, replica_set: str, count: int, before: int) -> Note:
    direction = "up" if count > before else "down"
    message = f"Scaled {direction} replica set {replica_set} from {before} to {count}"
    return Note(at, fleet.ref(), "ScalingReplicaSet", message, _DEPLOYMENTS)
