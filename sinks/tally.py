"""How a sink is doing, as its courier counts it and everybody else reads it."""

from __future__ import annotations

import threading

from eventcenter.forwarded import SinkState, SinkStatus
from eventcenter.ports import Clock
from sinks.delivery import Broken, DeliveryError
from sinks.settings import SinkSettings


class Tally:
    def __init__(self, settings: SinkSettings, now: Clock) -> None:
        self._settings = settings
        self._now = now
        self._lock = threading.Lock()
        self._sent = self._retried = self._failed = 0
        self._state = SinkState.OK
        self._last_sent: int | None = None
        self._error: str | None = None
        self._error_at: int | None = None
        self._retry_at: int | None = None
        self._notices = settings.notices
        self.seq = 0
        """Everything up to here is delivered."""

    @property
    def healthy(self) -> bool:
        return self._state is SinkState.OK

    def took(self, count: int) -> None:
        with self._lock:
            self._sent += count
            self._last_sent = self._now()
            self._state, self._retry_at = SinkState.OK, None

    def refused(self, reason: str) -> None:
        with self._lock:
            self._failed += 1
            self._error, self._error_at = reason, self._now()

    def waits(self, error: DeliveryError, delay_s: float) -> None:
        """A delivery did not get through; the next try is after so many seconds."""
        with self._lock:
            self._retried += 1
            self._state = SinkState.BROKEN if isinstance(error, Broken) else SinkState.RETRYING
            self._error, self._error_at = self._settings.hide(str(error)), self._now()
            self._retry_at = self._now() + round(delay_s * 1000)

    def notice(self, text: str) -> None:
        """Something that people should know once."""
        with self._lock:
            if text not in self._notices and len(self._notices) < 20:
                self._notices = (*self._notices, text)

    def stopped(self) -> None:
        with self._lock:
            self._state, self._retry_at = SinkState.STOPPED, None

    def status(self, *, newest: int, waiting_since: int | None, dead: int, origin: str) -> SinkStatus:
        with self._lock:
            lag = max(0, newest - self.seq)
            since = waiting_since if lag else None
            return SinkStatus(
                name=self._settings.name,
                kind=self._settings.kind.name,
                address=self._settings.shown,
                origin=origin,
                for_people=self._settings.kind.messenger is not None,
                state=self._state,
                seq=self.seq,
                lag=lag,
                lag_ms=0 if since is None else max(0, self._now() - since),
                sent=self._sent,
                retried=self._retried,
                failed=self._failed,
                dead=dead,
                last_sent=self._last_sent,
                last_error=self._error,
                last_error_at=self._error_at,
                retry_at=self._retry_at,
                notices=self._notices,
            )
