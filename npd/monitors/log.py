"""Watches a log by the rules of one or more configuration files."""

from __future__ import annotations

import logging
import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import partial

from npd.model import CheckState, Event, Health, Report
from npd.monitors.readers import Reader
from npd.monitors.sources import Batch, Source
from npd.state import State

log = logging.getLogger(__name__)

WAIT_S = 5.0
HANGS_S = 20.0
"""Without a turn of its loop a monitor counts as dead."""
KEEP_S = 1.0
"""Between two positions that are handed to the state without need."""
FAULT_S = 5.0
"""Pause after a fault of our own."""


class LogMonitor:
    """One thread that reads the log for all of its readers."""

    def __init__(
        self,
        log_source: Source,
        readers: Sequence[Reader],
        state: State,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._log = log_source
        self._readers = readers
        self._state = state
        self._clock = clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"npd {log_source.name}", daemon=True)
        self._report: Report = lambda status: None
        self._last_run: float | None = None
        self._fault = ""
        self._looked = [0.0] * len(readers)
        self._kept = 0.0
        self._after: list[int] = []

    @property
    def source(self) -> str:
        return self._readers[0].source

    @property
    def reasons(self) -> tuple[tuple[str, str], ...]:
        return tuple(dict.fromkeys(pair for reader in self._readers for pair in reader.reasons))

    def start(self, report: Report) -> None:
        self._report = report
        positions = [self._state.position(reader.name) for reader in self._readers]
        self._after = [int((position or {}).get("sequence", -1)) for position in positions]
        self._log.begin(positions)
        for reader in self._readers:
            report(reader.status(()))
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._log.wake()
        if self._thread.ident is not None:
            self._thread.join(2.0)
        if not self._thread.is_alive():
            self._keep(at_once=False)
            self._log.close()
            self._state.flush()

    def health(self) -> list[Health]:
        standing = self._log.standing()
        state, detail = standing.state, standing.detail
        if self._fault:
            state, detail = CheckState.BROKEN, self._fault
        age = 0.0 if self._last_run is None else self._clock() - self._last_run
        alive = self._thread.is_alive() and age < HANGS_S
        if not alive and not self._stopping.is_set():
            state, detail = CheckState.BROKEN, f"the thread that reads {self._log.name} has ended or hangs"
        return [
            Health(f"{reader.source} ({reader.name})", state, detail, self._last_run, self._log.lost, alive)
            for reader in self._readers
        ]

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._step()
            except Exception as error:
                self._faulty(self._log.name, error)
                self._stopping.wait(FAULT_S)

    def _step(self) -> None:
        batch = self._log.read(min(WAIT_S, *(reader.patience for reader in self._readers)))
        now = self._clock()
        told = False
        if batch.lines:
            for index, reader in enumerate(self._readers):
                told |= self._tell(reader, partial(self._feed, index, batch))
        for index, reader in enumerate(self._readers):
            if not 0 <= now - self._looked[index] < reader.patience:
                self._looked[index] = now
                told |= self._tell(reader, partial(reader.look, now))
        if told or (batch.lines and now - self._kept >= KEEP_S):
            self._kept = now
            self._keep(at_once=told)
        self._last_run = now

    def _feed(self, index: int, batch: Batch) -> list[Event]:
        """Of what the reader saw before a restart it only remembers the lines."""
        reader, after = self._readers[index], self._after[index]
        if not batch.numbers or batch.numbers[0] > after:
            return reader.feed(batch.lines)
        seen = bisect_right(batch.numbers, after)
        reader.remember(batch.lines[:seen])
        return reader.feed(batch.lines[seen:])

    def _tell(self, reader: Reader, look: Callable[[], list[Event]]) -> bool:
        """Whether there was something to report. A reader that fails does not keep the others from it."""
        try:
            events = look()
        except Exception as error:
            self._faulty(f"{reader.source} ({reader.name})", error)
            return False
        if events:
            self._report(reader.status(events))
        return bool(events)

    def _faulty(self, what: str, error: Exception) -> None:
        self._fault = f"{what}: {type(error).__name__}: {error}"
        log.exception("%s: a fault of the detector; it goes on", what)

    def _keep(self, *, at_once: bool) -> None:
        position = self._log.position()
        for reader in self._readers:
            last = reader is self._readers[-1]
            conditions = reader.status(()).conditions
            self._state.keep(reader.name, conditions=conditions, position=position, at_once=at_once and last)
