"""Brings notifications about alerts to the channels: a thread for each, in order, as long as it takes.

What is decided stands in the store until its channel has it. A channel that is away holds up nobody else; when it is
back, what has piled up about one group is told as one message."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

import msgspec

from eventcenter.alerted import Notification, Outcome
from eventcenter.errors import EventCenterError
from eventcenter.model import Event, StoredChange
from eventcenter.ports import Clock, NotificationKeeper
from sinks.alert_messages import alert_message
from sinks.delivery import DeliveryError, Refused, TryAgain
from sinks.messages import Messenger
from sinks.pacing import DEFAULT_PER_MINUTE, Bucket
from sinks.patience import Patience
from sinks.settings import SinkSettings

log = logging.getLogger(__name__)

LOOK_S = 1.0
SHARE = 4
"""A quarter of what the channel takes in a minute: messages about events may take the other fifths (`Bucket`)."""
PATIENCE_MS = 3 * 86_400_000
"""What did not get through for so long is given up, and says so in the log."""

Find = Callable[[str], SinkSettings | None]
"""The settings of a sink for people, as they are now."""
Changes = Callable[[int, int], list[StoredChange]]
"""`EventReader.changes`."""


class Alerting:
    """All channels. `wake` may be called by any thread."""

    def __init__(self, keeper: NotificationKeeper, find: Find, changes: Changes, now: Clock) -> None:
        self._keeper = keeper
        self._find = find
        self._changes = changes
        self._now = now
        self._stopping = threading.Event()
        self._news = threading.Event()
        self._channels: dict[str, _Channel] = {}
        self._thread = threading.Thread(target=self._run, name="alerting", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._news.set()

    def stop(self) -> None:
        """What waits is delivered after the next start."""
        self._stopping.set()
        self._news.set()
        if self._thread.is_alive():
            self._thread.join(2)
        for channel in self._channels.values():
            channel.join(2)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._news.clear()
            try:
                for name in self._keeper.awaited():
                    self._channel(name).wake()
            except EventCenterError as error:
                log.error("notifications cannot be read, tried again error=%s", error)
            self._news.wait(LOOK_S)

    def _channel(self, name: str) -> _Channel:
        if name not in self._channels:
            channel = _Channel(name, self._keeper, self._find, self._changes, self._now, self._stopping)
            self._channels[name] = channel
            channel.start()
        return self._channels[name]


class _Channel:
    def __init__(
        self,
        name: str,
        keeper: NotificationKeeper,
        find: Find,
        changes: Changes,
        now: Clock,
        stopping: threading.Event,
    ) -> None:
        self._name = name
        self._keeper = keeper
        self._find = find
        self._changes = changes
        self._now = now
        self._stopping = stopping
        self._patience = Patience(stopping)
        self._news = threading.Event()
        self._settings: SinkSettings | None = None
        self._messenger: Messenger | None = None
        self._bucket = Bucket(None, now())
        self._said = ""
        """Why the newest try failed."""
        self._thread = threading.Thread(target=self._run, name=f"alerting-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._news.set()

    def join(self, timeout: float) -> None:
        self._news.set()
        self._thread.join(timeout)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._news.wait(LOOK_S)
            self._news.clear()
            try:
                self._deliver()
            except EventCenterError as error:
                log.error("a notification is tried again receiver=%s error=%s", self._name, error)
                self._patience.wait(self._patience.delay(TryAgain(str(error))))
            except Exception:
                log.exception("telling of alerts met a defect and goes on receiver=%s", self._name)
                self._patience.wait(self._patience.delay(TryAgain("a defect")))
        self._close()

    def _deliver(self) -> None:
        """All that waits, as far as it gets through now."""
        for together in folded(self._keeper.waiting(self._name)):
            if self._stopping.is_set() or not self._paced():
                return
            try:
                self._tell(together[-1] if len(together) == 1 else merged(together))
            except Refused as error:
                self._done(together, Outcome.REFUSED, self._hidden(error))
            except DeliveryError as error:
                return self._failed(together, error)
            else:
                self._patience.succeeded()
                self._said = ""
                self._done(together, Outcome.SENT, "")

    def _paced(self) -> bool:
        """Wait for a place in what the channel takes. False: it is time to stop."""
        self._open()
        while self._bucket.tokens(self._now()) <= 0:
            if not self._patience.wait(0.1):
                return False
        return True

    def _tell(self, told: Notification) -> None:
        if self._messenger is None or self._settings is None:
            raise TryAgain(f"there is no sink for people with the name {self._name}", after_s=LOOK_S)
        message = alert_message(told, self._settings, self._event(told))
        self._bucket.take(self._now())
        try:
            self._messenger.tell(message)
        except DeliveryError:
            raise
        except Exception as error:
            log.exception("a sink met a defect sink=%s", self._name)
            raise TryAgain(f"unexpected {type(error).__name__}") from None

    def _event(self, told: Notification) -> Event | None:
        seq = (told.firing or told.resolved)[0].seq
        found = self._changes(seq - 1, 1) if seq else []
        return found[0].event if found and found[0].event.seq == seq else None

    def _open(self) -> None:
        """The messenger of the sink as it is set up now: of its own, since each belongs to one thread."""
        settings = self._find(self._name)
        if settings is self._settings:
            return
        self._close()
        self._settings = settings
        if settings is not None and settings.kind.messenger is not None:
            self._messenger = settings.kind.messenger(settings)
            per_minute = settings.kind.per_minute or DEFAULT_PER_MINUTE
            self._bucket = Bucket(per_minute / SHARE, self._now())

    def _close(self) -> None:
        if self._messenger is not None:
            self._messenger.close()
        self._messenger = self._settings = None

    def _done(self, together: Sequence[Notification], outcome: Outcome, error: str) -> None:
        for told in together:
            self._keeper.done(told.id, outcome, self._now(), error)

    def _failed(self, together: Sequence[Notification], error: DeliveryError) -> None:
        said = self._hidden(error)
        if self._now() - together[-1].time > PATIENCE_MS:
            return self._done(together, Outcome.REFUSED, f"given up after three days: {said}")
        delay = self._patience.delay(error)
        if said != self._said:  # once, and not at every try
            self._said = said
            log.warning("an alert is not told, tried again receiver=%s error=%s", self._name, said)
            for told in together:
                self._keeper.tried(told.id, said)
        self._rest(delay)

    def _rest(self, delay: float) -> None:
        """Until the next try, or until the sink is set up otherwise."""
        until = time.monotonic() + delay
        while (left := until - time.monotonic()) > 0 and self._find(self._name) is self._settings:
            if not self._patience.wait(min(left, LOOK_S)):
                return

    def _hidden(self, error: DeliveryError) -> str:
        return self._settings.hide(str(error)) if self._settings else str(error)


def folded(waiting: Sequence[Notification]) -> list[list[Notification]]:
    """What is told in one message each, in order: all that waits about a group up to its end. That it is over is never
    told in place of that it began."""
    parts: list[list[Notification]] = []
    open_parts: dict[str, list[Notification]] = {}
    for told in waiting:
        part = open_parts.get(told.key)
        if part is None or told.over:
            part = [told]
            parts.append(part)
        else:
            part.append(told)
        if told.over:
            open_parts.pop(told.key, None)
        else:
            open_parts[told.key] = part
    return parts


def merged(together: Sequence[Notification]) -> Notification:
    """The newest, with all that ended before it and does not fire again."""
    newest = together[-1]
    firing = {(alert.rule, tuple(alert.labels.items())) for alert in newest.firing}
    ended = {
        key: alert
        for told in together
        for alert in told.resolved
        if (key := (alert.rule, tuple(alert.labels.items()))) not in firing
    }
    rules = {name: text for told in together for name, text in told.rules.items()}
    return msgspec.structs.replace(newest, resolved=tuple(ended.values()), rules=rules)
