"""New versions and new numbers of a workload: rollouts good and bad, and what its autoscaler does."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from eventcenter.demo import incidents
from eventcenter.demo.chance import seconds
from eventcenter.demo.controllers import create, created, delete, scaled
from eventcenter.demo.events import Note, Source
from eventcenter.demo.fleet import Fleet
from eventcenter.demo.pods import SCHEDULER_TRIES, Pod
from eventcenter.demo.schedule import Happening, desired

_AUTOSCALER = Source("horizontal-pod-autoscaler")
_FULL = (
    "0/8 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, "
    "7 Insufficient cpu. preemption: 0/8 nodes are available: 1 Preemption is not helpful for scheduling, "
    "7 No preemption victims found for incoming pod."
)


def roll_out(fleet: Fleet, happening: Happening, random: Random) -> list[Note]:
    """A good new version replaces every Pod."""
    old_set = fleet.replica_set
    fleet.replica_set, fleet.tag = fleet.release(happening.at)
    if fleet.workload.kind == "Deployment":
        return _roll_deployment(fleet, happening.at, old_set, random)
    return _roll_in_place(fleet, happening.at, random)


def _roll_deployment(fleet: Fleet, at: int, old_set: str, random: Random) -> list[Note]:
    """One up, one down, as with maxSurge 25 % of a few replicas."""
    old, count = fleet.pods, desired(fleet.seed, fleet.workload, at)
    fleet.pods = []
    notes: list[Note] = []
    now, left = at, len(old)
    for number in range(count):
        notes.append(scaled(fleet, now, fleet.replica_set, number + 1, number))
        made, now = create(fleet, now + 60, number, random)
        notes += made
        now += seconds(random, 4, 16)
        keep = len(old) * (count - number - 1) // count
        if keep < left:
            notes.append(scaled(fleet, now, old_set, keep, left))
            notes += [note for pod in old[keep:left] for note in delete(fleet, now + 50, pod)]
            left = keep
        now += seconds(random, 0.2, 1)
    return notes


def _roll_in_place(fleet: Fleet, at: int, random: Random) -> list[Note]:
    """StatefulSets and DaemonSets: each Pod goes before its successor comes, on the same node."""
    before = fleet.pods
    nodes = [pod.node for pod in before] or _first_nodes(fleet)
    fleet.pods = []
    notes: list[Note] = []
    now = at
    for number in reversed(range(len(nodes))):
        if before:
            notes += delete(fleet, now, before[number])
            now += seconds(random, 2, 20)
        made, now = create(fleet, now, number, random, node=nodes[number])
        notes += made
        now += seconds(random, 5, 20)
    fleet.pods.reverse()
    return notes


def _first_nodes(fleet: Fleet) -> list[str]:
    nodes = fleet.nodes()
    count = len(nodes) if fleet.workload.kind == "DaemonSet" else fleet.workload.replicas
    return [nodes[number % len(nodes)] for number in range(count)]


def rescale(fleet: Fleet, happening: Happening, random: Random) -> list[Note]:
    """The autoscaler follows the load of the half hour; sometimes a new Pod finds no room at first."""
    before, count = len(fleet.pods), desired(fleet.seed, fleet.workload, happening.at)
    if count == before:
        return []
    at = happening.at
    reason = "cpu resource utilization (percentage of request) above target" if count > before else (
        "All metrics below target"
    )  # fmt: skip
    message = f"New size: {count}; reason: {reason}"
    about = fleet.workload.autoscaler(fleet.seed)
    notes = [
        Note(at, about, "SuccessfulRescale", message, _AUTOSCALER),
        scaled(fleet, at + 30, fleet.replica_set, count, before),
    ]
    if count < before:
        leaving, fleet.pods = fleet.pods[count:], fleet.pods[:count]
        return notes + [note for pod in leaving for note in delete(fleet, at + 90, pod)]
    for number in range(before, count):
        pending = random.random() < 0.12
        notes += _one_more(fleet, at + 90 + number, number, random, pending=pending)
    return notes


def _one_more(fleet: Fleet, at: int, number: int, random: Random, *, pending: bool) -> list[Note]:
    made, _ = create(fleet, at, number, random)
    if not pending:
        return made
    pod, wait = fleet.pods[-1], seconds(random, 120, 500)
    tries = range(at + 40, at + wait, seconds(random, 25, 70))
    failed = [Note(now, pod.ref(), "FailedScheduling", _FULL, SCHEDULER_TRIES, "Warning") for now in tries]
    return [made[0], *failed, *(note._replace(at=note.at + wait) for note in made[1:])]


Life = Callable[[Pod, int, int, Random], list[Note]]


def crash(fleet: Fleet, happening: Happening, random: Random) -> list[Note]:
    return _bad_rollout(fleet, happening, random, incidents.crash_loop, "")


def mistype(fleet: Fleet, happening: Happening, random: Random) -> list[Note]:
    typo = random.choice(("-rc", "-amd46", "latset", ".1"))
    return _bad_rollout(fleet, happening, random, incidents.cannot_pull, typo)


def _bad_rollout(fleet: Fleet, happening: Happening, random: Random, life: Life, typo: str) -> list[Note]:
    """One Pod of the new version never gets ready, so the old ones stay; in the end the rollout is undone."""
    at, undone = happening.at, happening.end
    replica_set, tag = fleet.release(at)
    pod = fleet.new_pod(at, 0, owner=replica_set, tag=tag + typo)
    return [
        scaled(fleet, at, replica_set, 1, 0),
        created(fleet, at + 60, pod),
        *life(pod, at + 150, undone, random),
        scaled(fleet, undone, replica_set, 0, 1),
        *delete(fleet, undone + 60, pod),
    ]
