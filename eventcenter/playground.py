"""Runs the simulated cluster: its history first, then its live feed, through the same pipeline as real events.

The position of the playground is the simulated time up to which it was fed, so a later start fills the gap.
"""

from __future__ import annotations

import logging
import threading
from typing import Any

from eventcenter.errors import StoreError
from eventcenter.model import Batch, Phase, StreamStatus
from eventcenter.pipeline import feed
from eventcenter.ports import Clock
from eventcenter.store import Writer

log = logging.getLogger(__name__)

DEMO_INSTANCE = "demo"
STREAM = "demo"
HISTORY_MS = 7 * 86_400_000
SEED = 1
STEP_S = 0.5


class Playground:
    """A thread that feeds the store. `status` is that of a watch, so that the pages need not know the difference."""

    def __init__(
        self, writer: Writer, clock: Clock, *, history_ms: int = HISTORY_MS, seed: int = SEED
    ) -> None:
        self._writer = writer
        self._clock = clock
        self._history_ms = history_ms
        self._seed = seed
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="playground", daemon=True)
        self._status = StreamStatus(stream=STREAM)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def status(self) -> StreamStatus:
        return self._status

    def _run(self) -> None:
        try:
            self._feed_all()
        except StoreError:
            log.info("the playground ends with its store")
        self._status = StreamStatus(stream=STREAM, phase=Phase.STOPPED, last_change=self._status.last_change)

    def _feed_all(self) -> None:
        from eventcenter.demo import live, simulate

        now = self._clock()
        known = self._writer.position(STREAM)
        start = max(now - self._history_ms, int(known) if known else 0)
        self._status = StreamStatus(stream=STREAM, phase=Phase.LISTING)
        self._take(simulate(self._seed, start, now), now)
        feeder = live(self._seed, self._clock, now)
        self._status = StreamStatus(
            stream=STREAM,
            phase=Phase.WATCHING,
            established=True,
            connected_since=self._clock(),
            last_change=now,
        )
        while not self._stop.wait(STEP_S):
            now = self._clock()
            self._take(feeder.step(now), now)

    def _take(self, items: Any, until: int) -> None:
        fed = feed(self._unless_stopped(items), STREAM, self._writer.deliver, self._clock)
        if self._stop.is_set():
            return
        if fed.changes:
            self._status = _at(self._status, until)
            self._writer.deliver(Batch(STREAM, [], str(until)))

    def _unless_stopped(self, items: Any) -> Any:
        for item in items:
            if self._stop.is_set():
                return
            yield item


def _at(status: StreamStatus, now: int) -> StreamStatus:
    return StreamStatus(
        stream=STREAM,
        phase=status.phase,
        established=status.established,
        connected_since=status.connected_since,
        last_change=now,
    )
