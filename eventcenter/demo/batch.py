"""CronJobs and their Jobs: most complete, some use up their tries."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from eventcenter.demo.chance import MINUTE, chance, seconds, suffix, uid
from eventcenter.demo.cluster import REGISTRY, Cron, pool
from eventcenter.demo.events import Change, Note, Recorder, Ref, Source
from eventcenter.demo.pods import Pod, start

_CRONS = Source("cronjob-controller")
_JOBS = Source("job-controller")
_TRIES = 3
_KEPT = 3
"""successfulJobsHistoryLimit: how many finished Jobs a CronJob keeps."""


def cron_story(seed: int, cron: Cron, start_at: int) -> Iterator[Change]:
    """Every change from `start_at` on, without end. A run is over before the next begins."""
    every = cron.every * MINUTE
    run = start_at // every - 1
    recorder = Recorder(seed)
    while True:
        due = run * every + cron.at * MINUTE
        notes = _run(seed, cron, due, chance(seed, cron.namespace, cron.name, due))
        yield from recorder.record(notes, start_at)
        run += 1


def _run(seed: int, cron: Cron, due: int, random: Random) -> list[Note]:
    about = Ref(
        "CronJob", cron.namespace, cron.name, uid(seed, "cron", cron.namespace, cron.name), "batch/v1"
    )
    name = _job_name(cron, due)
    job = Ref("Job", cron.namespace, name, uid(seed, "job", cron.namespace, name), "batch/v1")
    at = due + random.randint(20, 900)
    fails = random.random() < cron.fails
    if fails:
        work, ended = _fail(seed, cron, job, at, random)
    else:
        work, ended = _pod(seed, cron, job, at + 40, 0, random)
        ended += int(cron.seconds * 1000 * random.uniform(0.7, 1.4))
        work.append(Note(ended, job, "Completed", "Job completed", _JOBS))
    condition = "Failed" if fails else "Complete"
    old = _job_name(cron, due - _KEPT * cron.every * MINUTE)
    return [
        Note(at, about, "SuccessfulCreate", f"Created job {name}", _CRONS),
        *work,
        Note(
            ended + 60, about, "SawCompletedJob", f"Saw completed job: {name}, condition: {condition}", _CRONS
        ),
        Note(ended + 90, about, "SuccessfulDelete", f"Deleted job {old}", _CRONS),
    ]


def _job_name(cron: Cron, due: int) -> str:
    return f"{cron.name}-{due // MINUTE}"


def _pod(seed: int, cron: Cron, job: Ref, at: int, number: int, random: Random) -> tuple[list[Note], int]:
    key = (seed, job.namespace, job.name, number)
    pod = Pod(
        namespace=job.namespace,
        name=f"{job.name}-{suffix(5, *key)}",
        uid=uid("pod", *key),
        node=random.choice(pool("steady")),
        container=cron.name,
        image=f"{REGISTRY}/{cron.namespace}/{cron.name}:stable",
        port=0,
        process="python3",
    )
    notes, now = start(pod, at + 30, random, cached=random.random() < 0.6)
    return [Note(at, job, "SuccessfulCreate", f"Created pod: {pod.name}", _JOBS), *notes], now


def _fail(seed: int, cron: Cron, job: Ref, at: int, random: Random) -> tuple[list[Note], int]:
    """Each try is a new Pod (restartPolicy Never)."""
    notes, now = [], at
    for number in range(_TRIES):
        tried, now = _pod(seed, cron, job, now + 40, number, random)
        notes += tried
        now += seconds(random, 3, 9) + 10_000 * 2**number
    message = "Job has reached the specified backoff limit"
    notes.append(Note(now, job, "BackoffLimitExceeded", message, _JOBS, "Warning"))
    return notes, now
