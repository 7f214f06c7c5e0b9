"""Events on their way to the API server: each is given its object (the node, or the Pod that its uid leads to),
waits in the backlog and is told as fast as that allows. While the server is away they wait; what it forbids goes to the
fallback, where there is one."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from npd.model import Event, PodRef
from npd.report.api import Unreachable
from npd.report.backlog import Backlog
from npd.report.objects import OOM_REASON, Kind, Series, Target, made_uid
from npd.report.pace import Allowance, Backoff
from npd.report.pods import Pod, PodResolver
from npd.report.sending import Outcome, Sending
from npd.report.tally import Tally

log = logging.getLogger(__name__)

Fallback = Callable[[dict[str, Any]], None]
"""Takes an Event object that the API server forbids."""

UNRESOLVED = 1000
"""Events that wait for their Pod to be found."""
PATIENCE = 6.0
"""Seconds in which a Pod or its container may still show up: the kubelet tells of a new container with some delay."""
REFUSED_RETRY = 60.0
"""At most, without the rights."""
AT_ONCE = 5
"""Events told in one step, so that the conditions do not wait for a long one."""


@dataclass(slots=True)
class _Waiting:
    source: str
    event: Event
    ref: PodRef
    until: float


class EventReporter:
    """`take` from any thread; `step` and `flush` are one thread's. `clock` is a steady one."""

    def __init__(
        self,
        sending: Sending,
        resolver: PodResolver,
        node: str,
        tally: Tally,
        *,
        clock: Callable[[], float],
        wall: Callable[[], float],
        fallback: Fallback | None = None,
        allowance: Allowance | None = None,
    ) -> None:
        self._sending = sending
        self._resolver = resolver
        self._node = node
        self._tally = tally
        self._clock = clock
        self._wall = wall
        self._fallback = fallback
        self._lock = threading.Lock()
        self._backlog = Backlog(allowance or Allowance(), self._drop)
        self._unresolved: deque[_Waiting] = deque()
        self._backoff = Backoff()
        self._refusals = Backoff(longest=REFUSED_RETRY)
        self._not_before = 0.0

    def take(self, source: str, event: Event) -> None:
        now = self._clock()
        with self._lock:
            if event.pod is None:
                self._add_about_node(source, event)
            elif len(self._unresolved) < UNRESOLVED:
                self._unresolved.append(_Waiting(source, event, event.pod, now + PATIENCE))
            else:
                self._add_about_node(source, _without_pod(event, event.pod))
            self._count()

    def step(self) -> float:
        """Tells what may be told now; the seconds until there may be more."""
        now = self._clock()
        if now < self._not_before:
            return self._not_before - now
        try:
            self._resolve(now)
            for _ in range(AT_ONCE):
                if not self._tell_next():
                    break
        except Unreachable as error:
            self._later(str(error))
        with self._lock:
            self._count()
            wait = min(self._backlog.wait(self._clock()), 1.0 if self._unresolved else 60.0)
        return max(wait, self._not_before - self._clock())

    def flush(self, seconds: float) -> None:
        """Before the end: everything at once, as far as the time goes. What is left is dropped, and counted."""
        until = self._clock() + seconds
        self._backlog.hurry()
        while self._clock() < until and self._clock() >= self._not_before:
            wait = self.step()
            if not self._tally.buffered or wait > 1.0:
                break
        self._drop(self._tally.buffered)

    def _resolve(self, now: float) -> None:
        """In the order in which they came, which the lock is not held for: the server is asked."""
        for _ in range(len(self._unresolved)):
            waiting = self._unresolved.popleft()
            try:
                found = self._resolver.find(waiting.ref)
            except Unreachable:
                self._unresolved.appendleft(waiting)
                raise
            complete = found is not None and (found[1] or not waiting.ref.container_id)
            if not complete and now < waiting.until:
                self._unresolved.append(waiting)
            elif found is not None:
                self._add_about_pod(waiting, *found)
            else:
                with self._lock:
                    self._add_about_node(waiting.source, _without_pod(waiting.event, waiting.ref))

    def _add_about_pod(self, waiting: _Waiting, pod: Pod, container: str) -> None:
        path = f"spec.containers{{{container}}}" if container else ""
        target = Target("Pod", pod.name, pod.uid, pod.namespace, path)
        event, id_ = waiting.event, waiting.ref.container_id
        if container:  # the cgroup knows only the id, which nobody knows by heart
            named = event.message.replace(f"Container {id_[:12]} ", f"Container {container} ", 1)
            event = replace(event, message=named)
        with self._lock:
            self._add(target, waiting.source, event, id_ if event.reason == OOM_REASON else "")

    def _add_about_node(self, source: str, event: Event) -> None:
        self._add(Target("Node", self._node), source, event)

    def _add(self, target: Target, source: str, event: Event, container_id: str = "") -> None:
        kind = Kind(target, source, event.severity.value, event.reason, container_id)
        self._backlog.add(kind, event, self._clock())

    def _tell_next(self) -> bool:
        """Whether there may be another one to tell at once."""
        with self._lock:
            series = self._backlog.next(self._clock())
            if series is None:
                return False
            told = replace(series, annotations=dict(series.annotations))
        outcome = self._sending.tell(told)
        with self._lock:
            self._took(series, told, outcome)
        return self._clock() >= self._not_before

    def _took(self, series: Series, told: Series, outcome: Outcome) -> None:
        falls_back = outcome is Outcome.FORBIDDEN and self._fallback is not None
        series.took(told, outcome is Outcome.TOLD or falls_back)
        if outcome is not Outcome.LATER:
            self._backlog.told(series, self._clock())
        match outcome:
            case Outcome.TOLD:
                self._tally.sent += told.pending
                self._tally.worked("event", self._wall())
                self._backoff.reset()
                self._refusals.reset()
            case Outcome.NEVER:
                self._tally.failed("event", f"the API server refuses an event: {self._sending.why}")
                series.pending -= told.pending
                self._drop(told.pending)
            case Outcome.FORBIDDEN:
                self._forbidden(series, told)
            case Outcome.LATER:
                self._later(self._sending.why)

    def _forbidden(self, series: Series, told: Series) -> None:
        where = "to the store of the center" if self._fallback else "they wait in the buffer"
        self._tally.failed(
            "event", f"this account may not write events ({self._sending.why}); {where} until it may"
        )
        if self._fallback is None:
            self._not_before = self._clock() + self._refusals.next()
            return
        event = self._sending.event(told, series.name)
        series.name = event["metadata"]["name"]
        event["metadata"]["uid"] = made_uid(event)
        self._fallback(event)
        self._tally.fallen_back += told.pending

    def _later(self, why: str) -> None:
        self._tally.failed("event", why)
        self._not_before = self._clock() + max(self._backoff.next(), self._sending.retry_after)

    def _drop(self, count: int) -> None:
        if count:
            self._tally.dropped += count
            log.warning("events dropped occurrences=%d in_all=%d", count, self._tally.dropped)

    def _count(self) -> None:
        waiting = sum(one.event.count for one in self._unresolved)
        self._tally.buffered = self._backlog.pending() + waiting


def _without_pod(event: Event, ref: PodRef) -> Event:
    """About the node: that Pod is not, or no more, among those of this node."""
    return replace(event, pod=None, message=f"{event.message} (Pod uid {ref.uid}, not found on this node)")
