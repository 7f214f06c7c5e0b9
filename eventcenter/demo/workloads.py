"""One workload's story: its happenings told one after the other, each on the Pods that the last one left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from eventcenter.demo import failures, rollouts
from eventcenter.demo.chance import DAY, chance
from eventcenter.demo.cluster import Workload
from eventcenter.demo.events import Change, Note, Recorder
from eventcenter.demo.fleet import Fleet
from eventcenter.demo.schedule import Happening, beginning, plan

Teller = Callable[[Fleet, Happening, Random], list[Note]]

TELLERS: dict[str, Teller] = {
    "rollout": rollouts.roll_out,
    "rescale": rollouts.rescale,
    "crash": rollouts.crash,
    "mistyped": rollouts.mistype,
    "outage": failures.node_down,
    "pressure": failures.memory_pressure,
    "oom": failures.out_of_memory,
    "probes": failures.not_ready,
    "liveness": failures.hangs,
}


def workload_story(seed: int, workload: Workload, start: int) -> Iterator[Change]:
    """Every change from `start` on, in time order, without end."""
    fleet, recorder = Fleet(seed, workload), Recorder(seed)
    begin = beginning(seed, workload, start)
    day = begin // DAY
    while True:
        for happening in plan(seed, workload, day):
            if happening.at >= begin:
                random = chance(seed, workload.namespace, workload.name, happening)
                notes = TELLERS[happening.kind](fleet, happening, random)
                yield from recorder.record(notes, start)
        day += 1
