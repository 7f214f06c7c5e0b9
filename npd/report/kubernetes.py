"""The exporter to the API server: one thread that keeps the node's conditions and tells events."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable

from npd.model import CheckState, Condition, Health, Status
from npd.report.api import Api
from npd.report.conditions import HEARTBEAT, NodeConditions
from npd.report.events import EventReporter, Fallback
from npd.report.node_uid import Mode, NodeUid
from npd.report.pods import PodResolver
from npd.report.sending import Sending
from npd.report.tally import Tally

log = logging.getLogger(__name__)

STOP_WITHIN = 2.0
STUCK = 120.0
"""Seconds after which the thread counts as hung: longer than the requests of one turn may take."""
_SOONEST = 0.05


class KubernetesExporter:
    """`node` is the node's name, `declared` the condition types that the monitors may report. With `conditions` or
    `events` off, that part is left to others. `uid_in_events`: see `node_uid`."""

    def __init__(
        self,
        api: Api,
        node: str,
        declared: Iterable[str] = (),
        *,
        event_namespace: str = "default",
        heartbeat: float = HEARTBEAT,
        conditions: bool = True,
        events: bool = True,
        uid_in_events: Mode = "auto",
        fallback: Fallback | None = None,
    ) -> None:
        self.tally = Tally()
        self._events_on = events
        self.conditions = NodeConditions(
            api,
            node,
            declared,
            self.tally,
            clock=time.monotonic,
            wall=time.time,
            heartbeat=heartbeat,
            write=conditions,
        )
        uid = NodeUid(api, node, lambda: self.conditions.node_uid, uid_in_events)
        sending = Sending(api, node, event_namespace, uid, self.tally)
        resolver = PodResolver(api, node, self.tally, clock=time.monotonic)
        self._events = EventReporter(
            sending, resolver, node, self.tally, clock=time.monotonic, wall=time.time, fallback=fallback
        )
        self._wake = threading.Event()
        self._stopping = False
        self._turn = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="npd-report", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def export(self, status: Status) -> None:
        self.conditions.take(status.source, status.conditions)
        if self._events_on:
            for event in status.events:
                self._events.take(status.source, event)
        self._wake.set()

    def stop(self) -> None:
        """Tells what waits, as far as two seconds allow."""
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(STOP_WITHIN + 0.5)

    def held(self) -> list[Condition]:
        return self.conditions.wanted()

    def health(self) -> Health:
        age = time.monotonic() - self._turn
        alive = self._thread.is_alive() and age < STUCK
        troubles = [f"{what}: {why}" for what, why in self.tally.troubles().items()]
        detail = "; ".join(troubles) if alive else "the thread that reports has ended or hangs"
        state = CheckState.ON if alive and not troubles else CheckState.BROKEN
        return Health("kubernetes-exporter", state, detail, self.tally.last_write, self.tally.dropped, alive)

    def _run(self) -> None:
        while not self._stopping:
            self._turn = time.monotonic()
            wait = self._step()
            self._wake.wait(max(_SOONEST, min(wait, STUCK / 8)))
            self._wake.clear()
        self._events.flush(STOP_WITHIN)

    def _step(self) -> float:
        try:
            wait = self.conditions.step()
            return min(wait, self._events.step()) if self.conditions.identified else wait
        except Exception:  # the one place where reporting has to survive a bug
            log.exception("reporting failed")
            self.tally.failed("event", "unexpected error, see the log")
            return 5.0
