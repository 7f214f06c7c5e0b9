"""Runs checks, each at its own pace, and reports what changes. A check that raises, hangs or has nothing to look at
is a line in `health` and no trouble for the others."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from npd.checks.frame import Check, Finding, Outcome, unknown
from npd.checks.judging import Judge
from npd.checks.pool import Pool
from npd.checks.schedule import Schedule
from npd.model import CheckState, Condition, Event, Health, Report, Status

log = logging.getLogger(__name__)
_STOP_WITHIN = 1.5
"""Seconds that `stop` waits for looks that go on."""


@dataclass(slots=True)
class _Entry:
    check: Check
    judge: Judge
    finding: Finding | None = None
    last_run: float | None = None
    """Wall clock at the end of the last look."""
    began: float | None = None
    """Steady clock at the start of the look that goes on now."""

    def stuck_for(self, now: float) -> float:
        """Seconds, of a look that should have ended by now; else 0."""
        duration = now - self.began if self.began is not None else 0.0
        return duration if duration >= self.check.pace.timeout else 0.0


class CheckMonitor:
    """`restored` are the conditions that stood when the agent last ran, by type; `off` are checks that were
    switched off, by name with the reason. `wall` gives seconds since 1970, `steady` seconds that never jump; both
    for tests."""

    def __init__(
        self,
        checks: Iterable[Check],
        *,
        source: str = "node-checks",
        seed: str = "",
        restored: Mapping[str, Condition] | None = None,
        off: Mapping[str, str] | None = None,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.source = source
        self._seed = seed
        self._wall = wall
        self._steady = steady
        self._off = dict(off or {})
        known = restored or {}
        self._entries = {
            check.name: _Entry(check, Judge(check.words, check.pace, known.get(check.words.condition)))
            for check in checks
        }
        self._pool = Pool(1, "npd-check")
        self._report: Report = lambda status: None
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def reasons(self) -> tuple[tuple[str, str], ...]:
        return tuple(
            dict.fromkeys((e.check.words.condition, e.check.words.reason) for e in self._entries.values())
        )

    def start(self, report: Report) -> None:
        self._report = report
        conditions = self._conditions()
        if conditions:
            report(Status(self.source, (), conditions))
        self._thread = threading.Thread(target=self._run, name="npd-checks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
        self._pool.close(_STOP_WITHIN)

    def _run(self) -> None:
        periods = {name: entry.check.pace.period for name, entry in self._entries.items()}
        schedule = Schedule(periods, self._steady(), self._seed)
        while not self._wake.is_set():
            while (name := schedule.take(self._steady())) is not None:
                self.begin(name)
            self._wake.wait(max(0.01, min(1.0, schedule.next_at() - self._steady())))

    def begin(self, name: str) -> None:
        """Starts a look in a thread of the pool, unless the last one still goes on: that one is told as unknown."""
        entry = self._entries[name]
        with self._lock:
            began = entry.began
            if began is None:
                entry.began = self._steady()
        if began is None:
            self._pool.submit(lambda: self._look(entry))
            return
        if stuck := entry.stuck_for(self._steady()):
            log.warning("check=%s has not come back for %.0fs", name, stuck)
            self._take(entry, unknown(f"the look has not come back for {stuck:.0f}s"))

    def look_now(self, name: str) -> Finding:
        """One look in the caller's thread, judged and reported like any other."""
        entry = self._entries[name]
        finding = _guarded(entry.check)
        self._take(entry, finding)
        return finding

    def _look(self, entry: _Entry) -> None:
        finding = _guarded(entry.check)
        with self._lock:
            entry.began = None
        self._take(entry, finding)

    def _take(self, entry: _Entry, finding: Finding) -> None:
        now = self._wall()
        with self._lock:
            before = entry.judge.condition
            events = entry.judge.take(finding, now)
            entry.finding, entry.last_run = finding, now
            if events or entry.judge.condition != before:
                # Inside of the lock: two reports must not overtake each other, or an old condition would stand.
                self._tell(events)

    def _tell(self, events: list[Event]) -> None:
        self._report(Status(self.source, tuple(events), self._conditions()))

    def _conditions(self) -> tuple[Condition, ...]:
        found = (entry.judge.condition for entry in self._entries.values())
        return tuple(condition for condition in found if condition is not None)

    def health(self) -> list[Health]:
        with self._lock:
            alive = self._thread is None or self._thread.is_alive()
            running = [
                replace(_health(entry, self._steady()), alive=alive) for entry in self._entries.values()
            ]
        return running + [Health(name, CheckState.OFF, why) for name, why in self._off.items()]


def _guarded(check: Check) -> Finding:
    """A check that meets what nobody thought of is a check that knows nothing, not the end of the detector."""
    try:
        return check.look()
    except Exception as error:
        log.warning("check=%s failed", check.name, exc_info=True)
        return unknown(f"the check failed: {type(error).__name__}: {error}")


def _health(entry: _Entry, now: float) -> Health:
    name, finding = entry.check.name, entry.finding
    if stuck := entry.stuck_for(now):
        return Health(name, CheckState.BROKEN, f"has not come back for {stuck:.0f}s", entry.last_run)
    if finding is None:
        return Health(name, CheckState.ON, "not looked at yet")
    match finding.outcome:
        case Outcome.NOT_APPLICABLE:
            return Health(name, CheckState.NOT_APPLICABLE, finding.message, entry.last_run)
        case Outcome.UNKNOWN:
            return Health(name, CheckState.BROKEN, finding.message, entry.last_run)
    return Health(name, CheckState.ON, finding.message, entry.last_run)
