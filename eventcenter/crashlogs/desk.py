"""The container log of an event, for pages and API: the snapshot kept at crash time, or live through the API server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from eventcenter.containerlogs import ContainerLog, KeptLog, LogQuestion
from eventcenter.crashlogs.choosing import Run, container_of, is_about_a_pod, order_of, run_of
from eventcenter.crashlogs.collector import is_another
from eventcenter.crashlogs.fetching import Lines, NoLog, PodGone, Pods, fetch, gone
from eventcenter.errors import ClusterError, NotFoundError
from eventcenter.model import Event
from eventcenter.ports import Clock, CrashLogKeeper
from eventcenter.watch.connection import Connection

AT_ONCE = 4
"""Logs that are read live: a slow cluster must not take the threads that serve pages."""
WAIT_S = 1.0
"""For one of them to end."""


class Desk:
    """See `ports.LogDesk`. May be used from several threads: each look has a connection of its own."""

    def __init__(
        self,
        keeper: CrashLogKeeper,
        connect: Callable[[], Connection],
        redact: Callable[[str], str],
        now: Clock,
        lines: int,
    ) -> None:
        self._keeper = keeper
        self._connect = connect
        self._redact = redact
        self._now = now
        self._lines = lines
        self._places = threading.BoundedSemaphore(AT_ONCE)

    def kept(self, event: Event) -> ContainerLog | None:
        kept = self._keeper.of_event(event.seq)
        return _snapshot(kept) if kept else None

    def log(self, event: Event, asked: LogQuestion) -> ContainerLog:
        kept = None if asked.live else self._keeper.of_event(event.seq)
        if kept is not None and (asked.live is False or _suits(kept, asked)):
            return _snapshot(kept, asked.lines)
        if asked.live is False:
            raise NotFoundError(
                "no log was kept of this event",
                hint="One is kept of crash loops, OOM kills and failed probes, when it can be read at that time.",
            )
        if not is_about_a_pod(event):
            raise NotFoundError(
                f"the event is about a {event.kind or 'nothing'}: only Pods have container logs"[:300]
            )
        return self._live(event, asked)

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        if not self._places.acquire(timeout=WAIT_S):
            raise ClusterError(f"{AT_ONCE} logs are being read, as many as may be at once", hint="Try again.")
        try:
            connection = self._connect()
            try:
                yield connection
            finally:
                connection.close()
        finally:
            self._places.release()

    def _live(self, event: Event, asked: LogQuestion) -> ContainerLog:
        try:
            with self._connected() as connection:
                return self._read(Pods(connection, self._redact), event, asked)
        except PodGone as error:
            hint = "source=snapshot has what was kept at crash time, if anything was."
            raise NotFoundError(str(error), hint=hint) from None

    def _read(self, pods: Pods, event: Event, asked: LogQuestion) -> ContainerLog:
        container, order = _wanted(pods, event, asked)
        reason, previous, found = "", order[0], Lines("", False)
        try:
            lines = asked.lines or self._lines
            previous, found = fetch(pods, event.namespace, event.name, container, order, lines)
        except NoLog as error:
            reason = str(error)
        return ContainerLog(
            container=container,
            previous=previous,
            source="live",
            time=self._now(),
            text=found.text,
            truncated=found.truncated,
            reason=reason,
        )


def _wanted(pods: Pods, event: Event, asked: LogQuestion) -> tuple[str, tuple[bool, ...]]:
    """The container, and whether to look at its previous run, one after the other. PodGone."""
    pod = pods.pod(event.namespace, event.name)
    if pod is not None and is_another(pod, event):
        raise gone(event.namespace, event.name)
    run = run_of(pod, event) if pod is not None else Run(container_of(event))
    if asked.previous is not None:
        return asked.container or run.container, (asked.previous,)
    return asked.container or run.container, order_of(event, run)


def _suits(kept: KeptLog, asked: LogQuestion) -> bool:
    return asked.container in ("", kept.container) and asked.previous in (None, kept.previous)


def _snapshot(kept: KeptLog, most: int | None = None) -> ContainerLog:
    lines = kept.text.split("\n")
    shown = lines[-most:] if most else lines
    return ContainerLog(
        container=kept.container,
        previous=kept.previous,
        source="snapshot",
        time=kept.time,
        text="\n".join(shown),
        truncated=kept.truncated or len(shown) < len(lines),
    )
