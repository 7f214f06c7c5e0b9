"""Pods and what kubelet and scheduler say of them: scheduled, pulled, started, restarted, stopped."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from eventcenter.demo.chance import SECOND, chance, seconds
from eventcenter.demo.events import Note, Ref, Source

SCHEDULER_BINDS = Source("default-scheduler", action="Binding")
SCHEDULER_TRIES = Source("default-scheduler", action="Scheduling")
ATTACHER = Source("attachdetach-controller")


@dataclass(frozen=True, slots=True)
class Pod:
    namespace: str
    name: str
    uid: str
    node: str
    container: str
    image: str
    """With its tag."""
    port: int
    process: str
    volume: str = ""

    def ref(self) -> Ref:
        return Ref("Pod", self.namespace, self.name, self.uid)

    @property
    def kubelet(self) -> Source:
        return Source("kubelet", self.node)

    @property
    def ip(self) -> str:
        number = int(self.uid[:4], 16)
        return f"10.244.{sum(map(ord, self.node)) % 12}.{number % 240 + 4}"

    def note(self, at: int, reason: str, message: str, level: str = "Normal") -> Note:
        """Of the kubelet about the Pod's container."""
        return Note(
            at, self.ref(), reason, message, self.kubelet, level, f"spec.containers{{{self.container}}}"
        )


def bind(pod: Pod, at: int) -> Note:
    message = f"Successfully assigned {pod.namespace}/{pod.name} to {pod.node}"
    return Note(at, pod.ref(), "Scheduled", message, SCHEDULER_BINDS)


def start(
    pod: Pod, at: int, random: Random, *, cached: bool = False, secret_missing: bool = False
) -> tuple[list[Note], int]:
    """A Pod's way from the scheduler to a started container, and when it has started."""
    notes = [bind(pod, at)]
    now = at + seconds(random, 0.6, 1.6)
    if secret_missing:
        waiting, now = _mount_fails(pod, now, random)
        notes += waiting
    if pod.volume:
        now += seconds(random, 1, 8)
        message = f'AttachVolume.Attach succeeded for volume "{pod.volume}"'
        notes.append(Note(now, pod.ref(), "SuccessfulAttachVolume", message, ATTACHER))
        now += seconds(random, 1, 3)
    if cached or random.random() < 0.3:
        notes.append(present(pod, now))
    else:
        notes.append(pod.note(now, "Pulling", f'Pulling image "{pod.image}"'))
        pull = random.uniform(0.9, 11)
        now += int(pull * SECOND)
        notes.append(pod.note(now, "Pulled", _pulled(pod, pull)))
    run, now = run_container(pod, now, random)
    return notes + run, now


def _mount_fails(pod: Pod, at: int, random: Random) -> tuple[list[Note], int]:
    """Until somebody makes the secret. kubelet tries after 0.5 s, 1 s, 2 s, …"""
    message = f'MountVolume.SetUp failed for volume "tls" : secret "{pod.container}-tls" not found'
    notes, now, wait = [], at, 0.5
    for _ in range(random.randint(5, 8)):
        notes.append(Note(now, pod.ref(), "FailedMount", message, pod.kubelet, "Warning"))
        now += seconds(random, wait, wait * 1.1)
        wait *= 2
    return notes, now


def present(pod: Pod, at: int) -> Note:
    return pod.note(at, "Pulled", f'Container image "{pod.image}" already present on machine')


def _pulled(pod: Pod, took: float) -> str:
    size = chance(pod.image).randint(18_000_000, 480_000_000)
    text = f"{took:.3f}s" if took >= 1 else f"{took * 1000:.0f}ms"
    return (
        f'Successfully pulled image "{pod.image}" in {text} ({text} including waiting). '
        f"Image size: {size} bytes."
    )


def run_container(pod: Pod, at: int, random: Random) -> tuple[list[Note], int]:
    created = at + seconds(random, 0.05, 0.4)
    started = created + seconds(random, 0.05, 0.5)
    notes = [
        pod.note(created, "Created", f"Created container {pod.container}"),
        pod.note(started, "Started", f"Started container {pod.container}"),
    ]
    return notes, started


def restart(pod: Pod, at: int, random: Random) -> tuple[list[Note], int]:
    run, now = run_container(pod, at, random)
    return [present(pod, at), *run], now


def stop(pod: Pod, at: int) -> Note:
    return pod.note(at, "Killing", f"Stopping container {pod.container}")


def unready(pod: Pod, at: int) -> Note:
    """A readiness probe that comes before the server listens; every real start has some."""
    return probe(pod, at, "Readiness", f"dial tcp {pod.ip}:{pod.port}: connect: connection refused")


def probe(pod: Pod, at: int, kind: str, cause: str) -> Note:
    """`cause` is a Go network error, or `500` for an answer with that status."""
    if cause.isdigit():
        message = f"{kind} probe failed: HTTP probe failed with statuscode: {cause}"
    else:
        message = f'{kind} probe failed: Get "http://{pod.ip}:{pod.port}/healthz": {cause}'
    return pod.note(at, "Unhealthy", message, "Warning")


def back_off(pod: Pod, at: int) -> Note:
    where = f"{pod.name}_{pod.namespace}({pod.uid})"
    message = f"Back-off restarting failed container {pod.container} in pod {where}"
    return pod.note(at, "BackOff", message, "Warning")
