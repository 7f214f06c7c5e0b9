"""What Pods of a bad version go through: crashes, images that cannot be pulled; and probes that fail."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from eventcenter.demo.chance import seconds
from eventcenter.demo.events import Note
from eventcenter.demo.memory import container_killed
from eventcenter.demo.pods import Pod, back_off, bind, probe, restart, run_container, start

_PATIENCE = 300
"""Seconds between tries in the end."""


def crash_loop(pod: Pod, at: int, until: int, random: Random) -> list[Note]:
    """A container that dies soon after each start, with the back-off of kubelet: 10 s, 20 s, … 5 min."""
    notes, now = start(pod, at, random)
    dies = random.choice((_exits, _exits, _runs_out_of_memory, _fails_liveness))
    wait = 10.0
    while True:
        last_words, now = dies(pod, now, random)
        notes += last_words
        again = now + seconds(random, wait, wait * 1.05)
        notes += _waiting(pod, now, again, random)
        run, now = restart(pod, again, random)
        notes += run
        wait = min(_PATIENCE, wait * 2)
        if now > until:
            return [note for note in notes if note.at < until]


def _waiting(pod: Pod, now: int, again: int, random: Random) -> Iterator[Note]:
    """kubelet says BackOff at each look."""
    at = now + seconds(random, 0.5, 2)
    while at < again:
        yield back_off(pod, at)
        at += seconds(random, 11, 15) if again - now < 60_000 else seconds(random, 45, 75)


def _exits(pod: Pod, started: int, random: Random) -> tuple[list[Note], int]:
    return [], started + seconds(random, 2, 9)


def _runs_out_of_memory(pod: Pod, started: int, random: Random) -> tuple[list[Note], int]:
    at = started + seconds(random, 15, 50)
    return container_killed(pod, at, random), at + 200


def _fails_liveness(pod: Pod, started: int, random: Random) -> tuple[list[Note], int]:
    at = started + seconds(random, 12, 20)
    notes = [probe(pod, at + step * 10_000, "Liveness", "500") for step in range(3)]
    killing = f"Container {pod.container} failed liveness probe, will be restarted"
    notes.append(pod.note(at + 20_020, "Killing", killing))
    return notes, at + 20_000 + seconds(random, 2, 30)


def cannot_pull(pod: Pod, at: int, until: int, random: Random) -> list[Note]:
    """`until` is when the rollout is undone."""
    cause = random.choice((_no_such_tag, _no_such_tag, _unauthorized))(pod)
    notes = [bind(pod, at)]
    now, wait = at + seconds(random, 0.6, 1.4), 12.0
    while now < until:
        failed = now + seconds(random, 0.4, 2.5)
        notes += [
            pod.note(now, "Pulling", f'Pulling image "{pod.image}"'),
            pod.note(failed, "Failed", f'Failed to pull image "{pod.image}": {cause}', "Warning"),
            pod.note(failed + 3, "Failed", "Error: ErrImagePull", "Warning"),
        ]
        again = failed + seconds(random, wait, wait * 1.1)
        notes += _image_back_off(pod, failed, again, random)
        now, wait = again, min(_PATIENCE, wait * 2)
    return [note for note in notes if note.at < until]


def _image_back_off(pod: Pod, failed: int, again: int, random: Random) -> Iterator[Note]:
    """The same twice: as a back-off of the Pod and as an error of the container; which is first changes."""
    at = failed + seconds(random, 1, 9)
    while at < again:
        first, second = random.sample((0, 2), 2)
        yield pod.note(at + first, "BackOff", f'Back-off pulling image "{pod.image}"')
        yield pod.note(at + second, "Failed", "Error: ImagePullBackOff", "Warning")
        at += seconds(random, 90, 140)


def _no_such_tag(pod: Pod) -> str:
    return (
        f'rpc error: code = NotFound desc = failed to pull and unpack image "{pod.image}": '
        f'failed to resolve reference "{pod.image}": {pod.image}: not found'
    )


def _unauthorized(pod: Pod) -> str:
    return (
        f'rpc error: code = Unknown desc = failed to pull and unpack image "{pod.image}": '
        f'failed to resolve reference "{pod.image}": pull access denied, repository does not exist or may '
        "require authorization: authorization failed: no basic auth credentials"
    )


def probes_fail(pod: Pod, at: int, random: Random) -> list[Note]:
    """Not ready for some minutes, then well again."""
    timeout = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
    cause = random.choice(("503", "500", timeout))
    now, notes = at, []
    for _ in range(random.randint(3, 30)):
        notes.append(probe(pod, now, "Readiness", cause))
        now += seconds(random, 9.9, 10.2)
    return notes


def liveness_kills(pod: Pod, at: int, random: Random) -> list[Note]:
    """A hanging container that kubelet restarts."""
    timeout = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
    notes = [probe(pod, at + step * 10_000, "Liveness", timeout) for step in range(3)]
    killing = f"Container {pod.container} failed liveness probe, will be restarted"
    notes.append(pod.note(at + 20_020, "Killing", killing))
    again = at + 20_000 + seconds(random, 4, 30)
    run, _ = run_container(pod, again, random)
    return notes + run
