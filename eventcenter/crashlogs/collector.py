"""Fetches logs at crash time: a thread with a position in the log of changes, as a sink is one. Nothing waits for it;
while the API server is away it waits itself, and what is too old by then is left out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from eventcenter.containerlogs import KeptLog
from eventcenter.crashlogs.choosing import Run, container_of, is_chosen, order_of, run_of
from eventcenter.crashlogs.fetching import NoLog, PodGone, Pods, fetch
from eventcenter.crashlogs.limiting import Limits
from eventcenter.errors import ClusterError, EventCenterError, Forbidden
from eventcenter.model import Event
from eventcenter.ports import ChangeLog, Clock, CrashLogKeeper
from eventcenter.watch.backoff import Backoff
from eventcenter.watch.connection import Connection
from eventcenter.watch.failures import HttpFailure, Unauthorized
from eventcenter.workloads import workload_of_event

log = logging.getLogger(__name__)

PAGE = 500
LOOK_S = 1.0
AGAIN_S = 5.0
"""After a failure of the store."""
KEEP_EVERY_MS = 5_000
"""So often the position is kept."""
STALE_MS = 15 * 60_000
"""Of an older event the run that it tells of is hardly there any more."""
FORBIDDEN_MS = 5 * 60_000
"""So long a namespace is left alone whose logs may not be read."""
REMEMBERED = 5_000
"""Runs whose log need not be fetched again for another event."""
_BUSY = (429, 503)


class Collector:
    """Between `start` and `stop` each run of a failed container is fetched once, within the limits."""

    def __init__(
        self,
        changes: ChangeLog,
        keeper: CrashLogKeeper,
        connect: Callable[[], Connection],
        redact: Callable[[str], str],
        now: Clock,
        limits: Limits,
        lines: int,
        backoff: Backoff | None = None,
    ) -> None:
        self._changes = changes
        self._keeper = keeper
        self._connect = connect
        self._redact = redact
        self._now = now
        self._limits = limits
        self._lines = lines
        self._backoff = backoff or Backoff(first=1.0, longest=60.0)
        self._connection: Connection | None = None
        self._seq = 0
        self._kept_at = 0
        self._kept_seq = -1
        self._forbidden: dict[str, int] = {}
        self._told = False
        self._kept_with: dict[str, int] = {}
        """Runs, and the change with whose event the log was kept."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="crash-logs", daemon=True)

    def start(self) -> None:
        """Go on from the position that was kept; the very first time from now on."""
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        connection = self._connection
        if connection is not None:
            connection.interrupt()
        if self._thread.is_alive():
            self._thread.join(2)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                kept = self._keeper.position()
                self._seq = self._changes.wait_for_change(-1, 0) if kept is None else kept
                self._keep_position()
                while not self._stopping.is_set():
                    self._round()
            except EventCenterError as error:
                log.warning("container logs are not collected, tried again error=%s", error)
            except Exception:
                log.exception("collecting container logs met a defect and goes on")
            self._stopping.wait(AGAIN_S)
        self._disconnect()

    def _round(self) -> None:
        page = self._changes.read_log(self._seq, PAGE)
        for change in page.changes:
            if is_chosen(change.event):
                self._take(change.event)
            if self._stopping.is_set():
                return
            self._seq = change.event.seq
        self._seq = page.next
        if self._seq != self._kept_seq and self._now() - self._kept_at >= KEEP_EVERY_MS:
            self._keep_position()
        if not page.changes:
            self._changes.wait_for_change(self._seq, LOOK_S)

    def _keep_position(self) -> None:
        self._kept_at, self._kept_seq = self._now(), self._seq
        self._keeper.keep_position(self._seq, self._kept_at)

    def _take(self, event: Event) -> None:
        """Fetch and keep; come back only when that is done or in vain."""
        allowed = False
        while not self._stopping.is_set() and self._is_due(event):
            allowed = allowed or self._limits.allow(_workload(event), event.uid)
            if not allowed:
                return
            try:
                self._fetch(event)
            except (NoLog, PodGone) as error:
                log.debug("no container log of %s/%s: %s", event.namespace, event.name, error)
            except Unauthorized as error:
                self._wait(error)
                continue
            except Forbidden as error:
                self._forbid(event.namespace, error)
            except ClusterError as error:
                if not isinstance(error, HttpFailure) or error.status in _BUSY:
                    self._wait(error)
                    continue
                # As a rule the API server does not reach the kubelet of that one node.
                log.debug("no container log of %s/%s: %s", event.namespace, event.name, error)
            self._backoff.reset()
            return

    def _is_due(self, event: Event) -> bool:
        now = self._now()
        until = self._forbidden.get(event.namespace, 0)
        return now - event.last_time < STALE_MS and not now < until <= now + FORBIDDEN_MS

    def _fetch(self, event: Event) -> None:
        pods = Pods(self._connected(), self._redact)
        pod = pods.pod(event.namespace, event.name)
        if pod is not None and is_another(pod, event):
            raise PodGone("another Pod has its name now")
        run = run_of(pod, event) if pod is not None else Run(container_of(event))
        if run.id and self._has(event, run):
            return
        if run.id and run.previous is None:
            raise NoLog("the node has no log of that run any more")
        order = order_of(event, run)
        previous, found = fetch(pods, event.namespace, event.name, run.container, order, self._lines)
        kept = KeptLog(
            container=run.container,
            run=run.id,
            previous=previous,
            time=self._now(),
            text=found.text,
            truncated=found.truncated,
        )
        self._keeper.keep(event.seq, kept)
        if run.id:  # what cannot be told from its next run is fetched again
            self._remember(run.id, event.seq)

    def _has(self, event: Event, run: Run) -> bool:
        """Whether the log of the run is kept with the event: an OOM kill and the crash loop after it share one."""
        kept = self._keeper.of_event(event.seq)
        if kept is not None and kept.run == run.id:
            return True
        seq = self._kept_with.get(run.id)
        kept = None if seq is None else self._keeper.of_event(seq)
        if kept is None or kept.run != run.id:
            return False
        self._keeper.keep(event.seq, kept)
        return True

    def _remember(self, run: str, seq: int) -> None:
        self._kept_with[run] = seq
        while len(self._kept_with) > REMEMBERED:
            del self._kept_with[next(iter(self._kept_with))]

    def _forbid(self, namespace: str, error: Forbidden) -> None:
        self._forbidden[namespace] = self._now() + FORBIDDEN_MS
        (log.debug if self._told else log.warning)("%s %s", error, error.hint)
        self._told = True

    def _wait(self, error: ClusterError) -> None:
        (log.debug if self._backoff.failures else log.warning)("container logs wait: %s", error)
        self._disconnect()
        self._stopping.wait(self._backoff.next())

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._connect()
            if self._stopping.is_set():  # `stop` has not seen it
                self._connection.interrupt()
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def is_another(pod: dict[str, object], event: Event) -> bool:
    """A Pod of a StatefulSet has the name of the one before it."""
    metadata = pod.get("metadata")
    uid = metadata.get("uid") if isinstance(metadata, dict) else None
    return bool(uid and event.object_uid and uid != event.object_uid)


def _workload(event: Event) -> str:
    workload = workload_of_event(event)
    return f"{event.namespace}/{'|'.join(workload.kinds)}/{workload.name}"
