"""When things happen to a workload. Pure: the plan of a day depends on the seed and the day alone.

What happens to one workload never overlaps, so that its story can be told one happening after the other: node
failures and failing rollouts are fixed, good rollouts move out of their way, the rest is dropped where it
would touch.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from math import cos, pi
from typing import NamedTuple

from eventcenter.demo.chance import DAY, HOUR, MINUTE, chance, seconds
from eventcenter.demo.cluster import CRASHING, MISTYPED, Workload, pool

CRASH_SLOT = 3 * HOUR
MISTYPED_SLOT = 4 * HOUR
OUTAGE_BLOCK = 3 * DAY
PRESSURE_BLOCK = 2 * DAY
RESCALE_EVERY = 30 * MINUTE
TOLERATION = 5 * MINUTE
"""How long Pods stay bound to a node that is gone (tolerationSeconds 300)."""


class Happening(NamedTuple):
    at: int
    end: int
    kind: str
    """rollout, crash, mistyped, outage, pressure, rescale, oom, probes or liveness"""
    node: str = ""

    def touches(self, other: Happening) -> bool:
        return self.at < other.end and other.at < self.end


@lru_cache(maxsize=256)
def outage(seed: int, block: int) -> Happening:
    """The one outage in each three days."""
    random = chance(seed, "outage", block)
    at = block * OUTAGE_BLOCK + seconds(random, 6 * 3600, 60 * 3600)
    return Happening(at, at + seconds(random, 14 * 60, 40 * 60), "outage", random.choice(pool("general")))


@lru_cache(maxsize=256)
def pressure(seed: int, block: int) -> Happening:
    """The one time of memory pressure in each two days."""
    random = chance(seed, "pressure", block)
    node = random.choice(pool("general"))
    at = block * PRESSURE_BLOCK + seconds(random, 3600, 40 * 3600)
    happening = Happening(at, at + 20 * MINUTE, "pressure", node)
    near = [outage(seed, at // OUTAGE_BLOCK + step) for step in (-1, 0, 1)]
    if any(reserved(other).touches(happening) for other in near):
        return happening._replace(at=at + 2 * HOUR, end=happening.end + 2 * HOUR)
    return happening


def reserved(happening: Happening) -> Happening:
    """With the time that its last changes take."""
    return happening._replace(end=happening.end + 6 * MINUTE)


def crash(seed: int, slot: int) -> Happening:
    """Longer than a slot: the next one begins before this one is over, something is always broken."""
    random = chance(seed, "crash", slot)
    at = slot * CRASH_SLOT + seconds(random, 0, 900)
    return Happening(at, at + CRASH_SLOT + seconds(random, 1200, 1800), "crash")


def mistyped(seed: int, slot: int) -> Happening:
    random = chance(seed, "mistyped", slot)
    at = slot * MISTYPED_SLOT + seconds(random, 0, 900)
    return Happening(at, at + MISTYPED_SLOT + seconds(random, 1200, 1800), "mistyped")


def _incidents(seed: int, workload: Workload, day: int) -> Iterator[Happening]:
    key = (workload.namespace, workload.name)
    if key in CRASHING:
        for slot in range(day * DAY // CRASH_SLOT, (day + 1) * DAY // CRASH_SLOT):
            if CRASHING[slot % len(CRASHING)] == key:
                yield crash(seed, slot)
    if key in MISTYPED:
        for slot in range(day * DAY // MISTYPED_SLOT, (day + 1) * DAY // MISTYPED_SLOT):
            if MISTYPED[slot % len(MISTYPED)] == key:
                yield mistyped(seed, slot)


def _fixed(seed: int, workload: Workload, day: int) -> list[Happening]:
    happenings = list(_incidents(seed, workload, day))
    if workload.pool == "general" or workload.kind == "DaemonSet":
        failures = (outage(seed, day * DAY // OUTAGE_BLOCK), pressure(seed, day * DAY // PRESSURE_BLOCK))
        happenings += [failure for failure in failures if failure.at // DAY == day]
    return happenings


@lru_cache(maxsize=1024)
def _taken(seed: int, workload: Workload, day: int) -> list[Happening]:
    around = [_fixed(seed, workload, near) for near in (day - 1, day, day + 1)]
    return [reserved(happening) for happenings in around for happening in happenings]


@lru_cache(maxsize=1024)
def rollouts(seed: int, workload: Workload, day: int) -> list[Happening]:
    """The good rollouts of a day: every third day for sure (Deployments), others by chance."""
    random = chance(seed, "rollout", workload.namespace, workload.name, day)
    rare = workload.kind != "Deployment"
    due = (day + len(workload.name)) % (6 if rare else 3) == 0
    weekend = (day + 3) % 7 >= 5
    if not due and random.random() > (0.0 if rare else 0.05 if weekend else 0.35):
        return []
    at = day * DAY + seconds(random, 7 * 3600, 17.5 * 3600)
    rollout = Happening(at, at + 15 * MINUTE, "rollout")
    for other in sorted(_taken(seed, workload, day)):
        if other.touches(rollout):
            rollout = Happening(other.end, other.end + 15 * MINUTE, "rollout")
    return [rollout]


def desired(seed: int, workload: Workload, at: int) -> int:
    """Replicas by the load of the half hour: lowest at 3, highest at 15 UTC, with some noise."""
    if not workload.peak:
        return workload.replicas
    half_hour = at // RESCALE_EVERY
    load = (1 - cos(2 * pi * (half_hour * RESCALE_EVERY / HOUR - 3) / 24)) / 2
    noise = chance(seed, "load", workload.namespace, workload.name, half_hour // 2).uniform(-0.18, 0.18)
    return workload.replicas + max(0, min(workload.peak, round(workload.peak * (load + noise))))


def _mishaps(seed: int, workload: Workload, day: int) -> Iterator[Happening]:
    random = chance(seed, "mishaps", workload.namespace, workload.name, day)
    for kind, trait, with_trait, without in (
        ("oom", "leaks", 0.9, 0.04),
        ("oom", "leaks", 0.5, 0.0),
        ("probes", "probes", 0.9, 0.15),
        ("probes", "probes", 0.5, 0.0),
        ("liveness", "probes", 0.35, 0.05),
    ):
        at = day * DAY + seconds(random, 1800, 23 * 3600)
        if random.random() < (with_trait if trait in workload.traits else without):
            yield Happening(at, at + 25 * MINUTE, kind)


def _rescales(seed: int, workload: Workload, day: int) -> Iterator[Happening]:
    if not workload.peak:
        return
    for half_hour in range(day * DAY // RESCALE_EVERY, (day + 1) * DAY // RESCALE_EVERY):
        begin = half_hour * RESCALE_EVERY
        at = begin + seconds(chance(seed, "rescale", workload.namespace, workload.name, begin), 5, 240)
        yield Happening(at, begin + 25 * MINUTE, "rescale")


def plan(seed: int, workload: Workload, day: int) -> list[Happening]:
    """What happens to the workload on a day (since 1970), in time order."""
    taken = list(_taken(seed, workload, day))
    taken += [other for near in (day - 1, day) for other in rollouts(seed, workload, near)]
    accepted = _fixed(seed, workload, day) + rollouts(seed, workload, day)
    for happening in (*_mishaps(seed, workload, day), *_rescales(seed, workload, day)):
        if not any(other.touches(happening) for other in taken):
            taken.append(happening)
            accepted.append(happening)
    return sorted(accepted)


def beginning(seed: int, workload: Workload, start: int) -> int:
    """From when the workload's story must be told to know its state at `start`.

    A good rollout replaces every Pod, so the one before the last is enough: the last deletes its Pods.
    """
    found = 0
    day = start // DAY
    while True:
        for rollout in reversed(rollouts(seed, workload, day)):
            if rollout.at <= start:
                found += 1
                if found == 2:
                    return rollout.at
        day -= 1
