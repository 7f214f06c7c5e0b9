"""What nodes say of themselves: going and coming back, memory pressure, full disks, kernel troubles."""

from __future__ import annotations

from random import Random

from eventcenter.demo.chance import MINUTE, seconds
from eventcenter.demo.cluster import NODES, Node, pool
from eventcenter.demo.events import Note, Source
from eventcenter.demo.memory import KERNEL_MONITOR, system_out_of_memory
from eventcenter.demo.schedule import OUTAGE_BLOCK, PRESSURE_BLOCK, outage, pressure

_BY_NAME = {node.name: node for node in NODES}


def outages(seed: int, begin: int, random: Random) -> list[Note]:
    happening = outage(seed, begin // OUTAGE_BLOCK)
    node = _BY_NAME[happening.node]
    lost = f"Node {node.name} status is now: NodeNotReady"
    return [
        Note(happening.at, node.api_ref(seed), "NodeNotReady", lost, Source("node-controller")),
        *_kubelet_starts(node, happening.end, random),
    ]


def _kubelet_starts(node: Node, at: int, random: Random) -> list[Note]:
    notes = [_say(node, at, "Starting", "Starting kubelet.")]
    full = "invalid capacity 0 on image filesystem"
    notes.append(_say(node, at + 30, "InvalidDiskCapacity", full, "Warning"))
    for state in ("NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID"):
        notes.append(_status(node, at + random.randint(60, 400), state))
    enforced = "Updated Node Allocatable limit across pods"
    notes.append(_say(node, at + 500, "NodeAllocatableEnforced", enforced))
    notes.append(_status(node, at + seconds(random, 1, 7), "NodeReady"))
    return notes


def _say(node: Node, at: int, reason: str, message: str, level: str = "Normal") -> Note:
    return Note(at, node.ref(), reason, message, Source("kubelet", node.name), level)


def _status(node: Node, at: int, state: str) -> Note:
    return _say(node, at, state, f"Node {node.name} status is now: {state}")


def pressures(seed: int, begin: int, random: Random) -> list[Note]:
    happening = pressure(seed, begin // PRESSURE_BLOCK)
    node = _BY_NAME[happening.node]
    reclaiming = range(happening.at + 400, happening.at + 2 * MINUTE, seconds(random, 10, 25))
    return [
        *(
            _say(node, at, "EvictionThresholdMet", "Attempting to reclaim memory", "Warning")
            for at in reclaiming
        ),
        _status(node, happening.at + 9000, "NodeHasInsufficientMemory"),
        _status(node, happening.at + seconds(random, 330, 900), "NodeHasSufficientMemory"),
    ]


def image_collection(seed: int, begin: int, random: Random) -> list[Note]:
    """The disk of images is full of images in use; kubelet tries every five minutes."""
    node = _BY_NAME[random.choice(pool("steady"))]
    short = random.randint(900_000_000, 9_000_000_000)
    message = (
        f"Failed to garbage collect required amount of images. Attempted to free {short} bytes, "
        "but only found 0 bytes eligible to free."
    )
    at, notes = begin + seconds(random, 60, 36_000), []
    for step in range(random.randint(2, 12)):
        notes.append(_say(node, at + step * 300_040, "FreeDiskSpaceFailed", message, "Warning"))
        notes.append(_say(node, at + step * 300_040 + 20, "ImageGCFailed", message, "Warning"))
    return notes


def kernel_troubles(seed: int, begin: int, random: Random) -> list[Note]:
    """A hung task, as node-problem-detector reads it from the kernel's log."""
    node = _BY_NAME[random.choice(pool("general") + pool("data"))]
    task = f"jbd2/vda1-8:{random.randint(200, 999)}"
    at = begin + seconds(random, 60, 60_000)
    message = f"task {task} blocked for more than 120 seconds."
    source = Source(KERNEL_MONITOR, node.name)
    return [
        Note(at + step * 122_880, node.ref(), "TaskHung", message, source, "Warning")
        for step in range(random.randint(1, 4))
    ]


def system_memory(seed: int, begin: int, random: Random) -> list[Note]:
    """A process outside of every Pod's limit takes the node's memory."""
    process = random.choice(("java", "pg_dump", "python3", "rsync"))
    return system_out_of_memory("worker-data-1", process, begin + seconds(random, 60, 60_000), random)
