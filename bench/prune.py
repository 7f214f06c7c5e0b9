"""Deletes a day of events while 500 changes a second arrive: the work, the longest pause, and whether the file grows
over many days. `python -m bench.prune [--events N] [--cycles N]`."""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from bench.synthetic import at, changes
from eventcenter.model import Batch, ChangeType
from eventcenter.normalize import normalize
from eventcenter.rules import built_in
from eventcenter.store import Writer, open_writer
from eventcenter.store.retention import DAY_MS, Policy, Pruned, Pruner

TOGETHER = 10
EVERY_S = 0.02
CALM_S = 5.0
KEPT_DAYS = 3
SETTLED_DAYS = 10
"""The store remembers what the cluster may still hold for 7 days."""


class Clock:
    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def batches(seed: int, begin: int, step_ms: float) -> Iterator[Batch]:
    """For ever, each change `step_ms` after the one before."""
    made = changes(seed)
    number = 0
    while True:
        some = []
        for kind, item in islice(made, TOGETHER):
            sent = at(kind, item, (begin + number * step_ms) / 1000, number + 2)
            some.append(normalize(ChangeType(kind), sent, received=0))
            number += 1
        yield Batch("events", some, str(number))


def fill(writer: Writer, clock: Clock, seed: int, events: int) -> None:
    """A day of changes; the clock goes on by it."""
    begin = clock.now
    clock.now += DAY_MS
    for batch in islice(batches(seed, begin, DAY_MS / events), events // TOGETHER):
        writer.deliver(batch)
    assert writer.flush(600)


class Ingestion:
    """Delivers 500 changes a second and notes how long each batch takes until it is committed."""

    def __init__(self, writer: Writer, now: int) -> None:
        self._writer = writer
        self._batches = batches(999, now, 2.0)
        self._stop = threading.Event()
        self.waits: list[float] = []
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        due = time.monotonic()
        for batch in self._batches:
            due += EVERY_S
            if self._stop.wait(max(0.0, due - time.monotonic())):
                return
            began = time.monotonic()
            self._writer.deliver(batch)
            self._writer.flush()
            self.waits.append(time.monotonic() - began)

    def __enter__(self) -> Ingestion:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


class Beside(NamedTuple):
    """What pruning did, the seconds from its begin to its end, and each wait of ingestion for its commit before and
    meanwhile, in seconds."""

    done: Pruned
    took: float
    calm: list[float]
    busy: list[float]


@contextmanager
def opened(work: str | Path, clock: Clock) -> Iterator[Writer]:
    writer = open_writer(Path(work), "default", clock=clock, classify=built_in().classify)
    try:
        yield writer
    finally:
        writer.close()


def one_day(events: int) -> Beside:
    """A day of `events` changes deleted beside 500 a second."""
    today = time.time_ns() // 1_000_000 // DAY_MS * DAY_MS
    clock = Clock(today - 3 * DAY_MS)
    with tempfile.TemporaryDirectory() as work, opened(work, clock) as writer:
        fill(writer, clock, 1, events)
        clock.now = today
        return beside(writer, clock, Policy(DAY_MS, DAY_MS))


def beside(writer: Writer, clock: Clock, policy: Policy) -> Beside:
    """Prune while 500 changes a second arrive, after some seconds of them alone."""
    with Ingestion(writer, clock.now) as calm:
        time.sleep(CALM_S)
    stop = threading.Event()
    pruner = Pruner(writer.call, clock, stop.wait)
    with Ingestion(writer, clock.now) as busy:
        began = time.monotonic()
        done = pruner.run(policy)
        took = time.monotonic() - began
    return Beside(done, took, calm.waits, busy.waits)


def many_days(events: int, cycles: int) -> list[int]:
    """Bytes of the file after each day of a store that keeps three."""
    clock = Clock(1_795_392_000_000 - cycles * DAY_MS)
    sizes = []
    with tempfile.TemporaryDirectory() as work, opened(work, clock) as writer:
        for day in range(cycles):
            fill(writer, clock, day, events)
            Pruner(writer.call, clock).run(Policy(KEPT_DAYS * DAY_MS, KEPT_DAYS * DAY_MS))
            sizes.append(writer.path.stat().st_size)
    return sizes


def measure(events: int, cycles: int = 20) -> list[tuple[str, str]]:
    """Figures as (name, value)."""
    done, took, calm, busy = one_day(events)
    sizes = many_days(max(1_000, events // 20), cycles)
    return [
        ("prune: events deleted, with changes", f"{done.events:,}, {done.changes:,}"),
        ("prune: work in all, s (≤ 15 for 250 000)", f"{done.seconds:.1f}"),
        ("prune: from begin to end beside ingestion, s", f"{took:.1f}"),
        ("prune: longest slice, ms", f"{done.longest * 1000:.0f}"),
        ("prune: longest wait for a commit at 500 changes/s, ms (≤ 200)", f"{max(busy) * 1000:.0f}"),
        ("prune: the same without pruning, ms", f"{max(calm) * 1000:.0f}"),
        (
            f"prune: file after {cycles} days with {KEPT_DAYS} kept, to that after {SETTLED_DAYS}",
            f"{sizes[-1] / sizes[SETTLED_DAYS - 1]:.3f}",
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=300_000)
    parser.add_argument("--cycles", type=int, default=20)
    options = parser.parse_args()
    for figure, value in measure(options.events, options.cycles):
        print(f"{figure:<75} {value}")


if __name__ == "__main__":
    main()
