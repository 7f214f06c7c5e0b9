"""All stories on one timeline: as history between two times, and live. Called by `app`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import merge
from itertools import takewhile
from random import Random
from typing import Any

from eventcenter.demo import nodes, platform
from eventcenter.demo.batch import cron_story
from eventcenter.demo.chance import DAY, HOUR, chance
from eventcenter.demo.cluster import CRONS, WORKLOADS
from eventcenter.demo.events import Change, Note, Recorder, revision
from eventcenter.demo.schedule import OUTAGE_BLOCK, PRESSURE_BLOCK
from eventcenter.demo.workloads import workload_story

Story = Callable[[int, int, Random], list[Note]]
"""Takes the seed, the begin of a slot, and the slot's chance; what it tells lies within the slot."""

SLOTTED: tuple[tuple[int, Story], ...] = (
    (OUTAGE_BLOCK, nodes.outages),
    (PRESSURE_BLOCK, nodes.pressures),
    (16 * HOUR, nodes.image_collection),
    (2 * DAY, nodes.kernel_troubles),
    (36 * HOUR, nodes.system_memory),
    (30 * HOUR, platform.leaders),
    (12 * HOUR, platform.renewals),
    (DAY, platform.volumes),
    (DAY, platform.quotas),
    (20 * HOUR, platform.metrics),
    (2 * HOUR, platform.endpoints),
)


def simulate(seed: int, start: int, end: int) -> Iterator[dict[str, Any]]:
    """The changes from `start` to before `end` (ms), in time order; the same for the same seed, always.

    The times only choose a window: `simulate(s, a, b)` and then `simulate(s, b, c)` is `simulate(s, a, c)`.
    """
    return (change.raw for change in takewhile(lambda change: change.at < end, _timeline(seed, start)))


class Live:
    """The timeline from a moment on, handed out as time passes."""

    def __init__(self, seed: int, since: int) -> None:
        self._changes = _timeline(seed, since)
        self._next = next(self._changes)

    def step(self, now: int) -> list[dict[str, Any]]:
        """The changes before `now` that were not handed out yet."""
        due = []
        while self._next.at < now:
            due.append(self._next.raw)
            self._next = next(self._changes)
        return due


def live(seed: int, clock: Callable[[], int], since: int | None = None) -> Live:
    """Goes on where `simulate(seed, …, since)` ended; without `since` from now."""
    return Live(seed, clock() if since is None else since)


def _timeline(seed: int, start: int) -> Iterator[Change]:
    stories = [
        *(workload_story(seed, workload, start) for workload in WORKLOADS),
        *(cron_story(seed, cron, start) for cron in CRONS),
        *(_slotted(seed, period, story, start) for period, story in SLOTTED),
    ]
    newest = 0
    for change in merge(*stories, key=lambda change: change.at):
        newest = max(newest + 1, revision(change.at))
        change.raw["object"]["metadata"]["resourceVersion"] = str(newest)
        yield change


def _slotted(seed: int, period: int, story: Story, start: int) -> Iterator[Change]:
    recorder = Recorder(seed)
    slot = start // period - 1
    while True:
        begin = slot * period
        notes = story(seed, begin, chance(seed, story.__name__, begin))
        yield from recorder.record(notes, start)
        slot += 1
