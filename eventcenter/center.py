"""The running center of one instance, as the pages and `/readyz` see it: its store, its streams, its clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from eventcenter.errors import NotFoundError
from eventcenter.model import Retention, RetentionStatus, StoreStatus, StreamStatus
from eventcenter.ports import AlertDesk, LogDesk, NotificationDesk, SinkDesk
from eventcenter.rules import ERROR_SEVERITIES, built_in
from eventcenter.settings import Settings
from eventcenter.store import ConsumerTable, Deliveries, Reader, SavedQueries, Writer, open_writer
from eventcenter.store.preview import preview
from eventcenter.store.retention import Policy
from eventcenter.usage import DayGoing, Going


def system_clock() -> int:
    """Milliseconds since 1970 in UTC."""
    return time.time_ns() // 1_000_000


class RunningCenter:
    """See `ports.Center`. Opens the store of an instance; `close` commits what was delivered and gives it back."""

    def __init__(self, settings: Settings, instance: str, *, demo: bool = False) -> None:
        self._data_dir = settings.data_dir
        self.instance = instance
        self.demo = demo
        self.now = system_clock
        catalogue = built_in()
        self.writer: Writer = open_writer(
            settings.data_dir, instance, clock=self.now, classify=catalogue.classify
        )
        self.reader = Reader(
            self.writer.path,
            instance,
            error_problems=catalogue.with_severity(ERROR_SEVERITIES),
            wait=self.writer.signal.wait,
            busy=lambda: self.writer.busy,
        )
        self.queries = SavedQueries(self.writer.call)
        self.positions = ConsumerTable(self.writer.call, self.reader)
        self.deliveries = Deliveries(self.writer.call, self.reader)
        self.sinks: SinkDesk | None = None
        self.alerts: AlertDesk | None = None
        self.logs: LogDesk | None = None
        self.notices: NotificationDesk | None = None
        self.labels = settings.labels
        self.sources: Sequence[Callable[[], StreamStatus]] = ()
        """One for each stream that is collected: where its state can be read."""
        self.pruning: Callable[[], RetentionStatus] = RetentionStatus

    def streams(self) -> list[StreamStatus]:
        return [status() for status in self.sources]

    def has_event(self, uid: str) -> bool:
        """Whether an event of that uid is stored."""
        try:
            self.reader.event(uid)
        except NotFoundError:
            return False
        return True

    def store(self) -> StoreStatus:
        return self.writer.status()

    def retention(self) -> RetentionStatus:
        return self.pruning()

    def going(self, kept: Retention) -> Going:
        policy = Policy(kept.normal_ms, kept.warning_ms, kept.max_bytes)
        found = preview(self._data_dir, self.instance, policy, self.now())
        return Going(
            kept=kept,
            days=[DayGoing(row.day * 86_400_000, row.level, row.events) for row in found.going],
            events=found.events,
            stored=found.stored,
            freed=found.freed_bytes,
        )

    def ready(self) -> list[str]:
        """Why the center is not ready, one line each; empty when the store is writable and every watch established."""
        reasons = []
        store = self.store()
        if store.error is not None:
            reasons.append(store.error)
        for stream in self.streams():
            if not stream.established:
                reasons.append(f"{stream.stream}: {stream.error or f'not established yet ({stream.phase})'}")
        return reasons

    def close(self) -> None:
        # The writer last: whoever closes last takes the log into the file, and readers may not.
        self.reader.close()
        self.writer.close()
