"""A store filled in this process, 250 000 events a day of event time, for the figures of writing and reading."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from bench.synthetic import at, changes
from eventcenter.model import Batch, ChangeType
from eventcenter.normalize import normalize
from eventcenter.rules import ERROR_SEVERITIES, built_in
from eventcenter.store import Reader, Writer, open_reader, open_writer

EVENTS_A_DAY = 250_000
COUNTED_UP = 0.25
"""Of the changes."""
CHANGES_A_DAY = round(EVENTS_A_DAY / (1 - COUNTED_UP))
TOGETHER = 64
"""Changes a batch, as a busy watch hands them over."""
AHEAD = 5_000
TTL_S = 3_700
"""How long the cluster holds an event: an hour, and a little until etcd notices."""


class Clock:
    """The store's: it goes with the events, which are taken in faster than they happen."""

    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


@dataclass
class Filled:
    writer: Writer
    reader: Reader
    begin: int
    """The event times lie from here to `end`, ms."""
    end: int
    normalize_s: float
    """CPU seconds of normalizing, and of it with storing."""
    cpu_s: float


@contextmanager
def filled_store(directory: Path, total: int) -> Iterator[Filled]:
    """`total` changes, stored and committed; making them up is not counted."""
    begin = time.time() - total / CHANGES_A_DAY * 86_400
    catalogue = built_in()
    clock = Clock(int(begin * 1000))
    writer = open_writer(directory, "default", clock=clock, classify=catalogue.classify)
    problems = catalogue.with_severity(ERROR_SEVERITIES)
    reader = open_reader(directory, "default", error_problems=problems)
    try:
        normalizing, cpu = fill(writer, total, clock)
        yield Filled(writer, reader, int(begin * 1000), clock.now, normalizing, cpu)
    finally:
        reader.close()
        writer.close()


def fill(
    writer: Writer, total: int, clock: Clock, seed: int = 1, a_day: float = CHANGES_A_DAY
) -> tuple[float, float]:
    """`total` changes from the time of the clock on; CPU seconds of normalizing, and of everything. Changes are made up
    some thousands ahead, uncounted, and then handed over as fast as they are taken; what is older than the cluster's
    hour is deleted as etcd does it."""
    normalizing, everything = 0.0, 0.0
    feed = _feed(total, clock.now / 1000, seed, a_day)
    position = 0
    while some := list(islice(feed, AHEAD)):
        clock.now = max(clock.now, int(some[-1][0] * 1000))
        began = time.process_time()
        for start in range(0, len(some), TOGETHER):
            now = time.thread_time()
            batch = [normalize(kind, item, received=0) for _, kind, item in some[start : start + TOGETHER]]
            normalizing += time.thread_time() - now
            position += len(batch)
            writer.deliver(Batch("events", batch, str(position)))
        writer.flush(600)
        everything += time.process_time() - began
    return normalizing, everything


def seconds_into(number: int, a_day: float) -> float:
    """When the n-th change happens, seconds after the begin: a quarter of each hour's come in its first three minutes,
    as rollouts and outages make them."""
    hour, part = divmod(number * 24 / a_day, 1)
    within = part * 4 * 0.05 if part < 0.25 else 0.05 + (part - 0.25) / 0.75 * 0.95
    return (hour + within) * 3600


def _feed(
    total: int, begin: float, seed: int, a_day: float
) -> Iterator[tuple[float, ChangeType, dict[str, Any]]]:
    """(when it happens, what happens, the object)"""
    held: deque[tuple[float, dict[str, Any]]] = deque()
    for number, (kind, item) in enumerate(islice(changes(seed, counted_up=COUNTED_UP), total)):
        now = begin + seconds_into(number, a_day)
        made = at(kind, item, now, number + 2)
        yield now, ChangeType(kind), made
        if kind == "ADDED":
            held.append((now, made))
        while held and held[0][0] < now - TTL_S:
            yield now, ChangeType.DELETED, held.popleft()[1]
