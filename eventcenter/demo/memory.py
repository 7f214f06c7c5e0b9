"""Out of memory: the kernel kills a process, the node says which, and a detector says whose it was."""

from __future__ import annotations

from random import Random

from eventcenter.demo.chance import seconds
from eventcenter.demo.events import Note, Ref, Source
from eventcenter.demo.pods import Pod, back_off, restart

KERNEL_MONITOR = "kernel-monitor"


def killed(node: str, process: str, at: int, random: Random) -> tuple[Note, int]:
    """The kernel's own line as node-problem-detector reports it, and the process id."""
    pid = random.randint(2000, 900_000)
    rss = random.randint(260_000, 4_100_000)
    message = (
        f"Killed process {pid} ({process}) total-vm:{rss * 2 + random.randint(0, 900_000)}kB, "
        f"anon-rss:{rss}kB, file-rss:{random.randint(0, 9000)}kB, shmem-rss:0kB, UID:1000 "
        f"pgtables:{rss // 400}kB oom_score_adj:985"
    )
    about = Ref("Node", "", node, node, "")
    return Note(at, about, "OOMKilling", message, Source(KERNEL_MONITOR, node), "Warning"), pid


def container_killed(pod: Pod, at: int, random: Random) -> list[Note]:
    """A container over its limit."""
    node_note, _ = killed(pod.node, pod.process, at, random)
    message = f"pod was OOM killed. node:{pod.node} pod:{pod.name} namespace:{pod.namespace} uuid:{pod.uid}"
    pod_note = pod.note(at + 40, "PodOOMKilling", message, "Warning")
    return [node_note, pod_note._replace(source=Source(KERNEL_MONITOR, pod.node))]


def system_out_of_memory(node: str, process: str, at: int, random: Random) -> list[Note]:
    """The node itself ran out: kubelet says so too."""
    node_note, pid = killed(node, process, at, random)
    message = f"System OOM encountered, victim process: {process}, pid: {pid}"
    kubelet = Source("kubelet", node)
    return [node_note, Note(at + 120, node_note.about, "SystemOOM", message, kubelet, "Warning")]


def kill_and_restart(pod: Pod, at: int, random: Random) -> list[Note]:
    """One kill, or a few in a row with some back-off between."""
    notes: list[Note] = []
    now = at
    for kill in range(random.choice((1, 1, 1, 2, 3))):
        notes += container_killed(pod, now, random)
        if kill:
            for _ in range(random.randint(1, 3)):
                now += seconds(random, 9, 15)
                notes.append(back_off(pod, now))
        run, now = restart(pod, now + seconds(random, 1, 3), random)
        notes += run
        now += seconds(random, 40, 240)
    return notes
