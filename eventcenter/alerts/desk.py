"""Routes, silences and the notifier of a running center: what its engine goes on with, and what pages and API ask."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping

import msgspec

from eventcenter.alerted import AlertRecord, LogEntry, Notices, Notification, RouteMatch, Silence
from eventcenter.alerts.groups import State
from eventcenter.alerts.life import Alert, Key, Steps
from eventcenter.alerts.life import State as Life
from eventcenter.alerts.matching import exactly, parse_matchers
from eventcenter.alerts.muting import Quiet, seen
from eventcenter.alerts.notifying import Notifier, Record
from eventcenter.alerts.routes import Routing
from eventcenter.alerts.rule import Rule
from eventcenter.errors import QuerySyntaxError
from eventcenter.ports import Clock, NotificationKeeper

log = logging.getLogger(__name__)

CATCH_UP_MS = 60_000
"""After a start, so long at most nobody is told while there is more to be judged: much of it may be over."""


class Telling:
    """See `ports.NotificationDesk`. `begin`, `follow`, `is_due` and
    `notices` are called under the lock of the engine; everything else by any thread."""

    def __init__(self, keeper: NotificationKeeper, now: Clock, wake: Callable[[], None]) -> None:
        self._keeper = keeper
        self._now = now
        self.wake = wake
        """There is something to be delivered."""
        self.routing = Routing()
        self._rules: Mapping[str, Rule] = {}
        self._notifier = Notifier(self.routing, {}, _unknown)
        self._quiets: list[Quiet] = []
        self._began = 0
        self._live: dict[tuple[str, Key], Alert] = {}

    def set(self, routing: Routing, rules: Mapping[str, Rule]) -> None:
        """Before `begin`."""
        self.routing, self._rules = routing, rules

    def begin(self, alerts: Iterable[Alert], record: Record) -> None:
        """Go on from what was kept. `alerts` are those that are not over."""
        self._began = self._now()
        self._quiets = [Quiet(silence) for silence in self._keeper.silences(self._now())]
        kept = self._keeper.state()
        self._take_up(_unpacked(kept) if kept else State(), alerts, record)

    def follow(
        self, routing: Routing, rules: Mapping[str, Rule], alerts: Iterable[Alert], record: Record
    ) -> None:
        """Other routes and rules from now on."""
        kept = self._notifier.state()
        self.set(routing, rules)
        self._take_up(kept, alerts, record)

    def _take_up(self, state: State, alerts: Iterable[Alert], record: Record) -> None:
        self._notifier = Notifier(self.routing, self._rules, record)
        self._notifier.take_up(state, _firing(alerts), self._now())

    def is_due(self) -> bool:
        return self._notifier.is_due(self._now())

    def notices(self, steps: Steps, alerts: Iterable[Alert], *, behind: bool = False) -> Notices:
        """What comes of what has happened to alerts, to be kept with it. `behind`: there is more to be judged."""
        now = self._now()
        self._live = {(alert.rule, alert.labels): alert for alert in alerts}
        self._notifier.see(steps, now)
        told: list[Notification] = []
        held: list[LogEntry] = []
        if not (behind and now - self._began < CATCH_UP_MS):
            told, held = self._notifier.due(_firing(self._live.values()), self._quiets, now)
        state = msgspec.msgpack.encode(self._notifier.state())
        return Notices(state=state, told=tuple(told), held=tuple(held))

    def receivers(self) -> list[str]:
        return self.routing.receivers()

    def routes(self, labels: Mapping[str, str]) -> list[RouteMatch]:
        return [route.shape() for route in self.routing.routes(labels)]

    def silences(self, since: int) -> list[Silence]:
        return self._keeper.silences(since)

    def silence(self, silence: Silence) -> Silence:
        _checked(silence)
        made = self._keeper.add_silence(silence)
        self._quiets = [*self._quiets, Quiet(made)]
        return made

    def end_silence(self, id: int) -> None:
        self._keeper.end_silence(id, self._now())
        self._quiets = [quiet for quiet in self._quiets if quiet.silence.id != id]

    def covered(self, silence: Silence, alerts: Iterable[AlertRecord]) -> list[AlertRecord]:
        quiet, live = _checked(silence), self._live
        found = ((record, live.get((record.rule, tuple(record.labels.items())))) for record in alerts)
        return [
            record
            for record, alert in found
            if alert is not None and quiet.covers(seen(alert, self._rules.get(alert.rule)))
        ]

    def acknowledge(self, alert: AlertRecord, author: str, reason: str, length: int) -> Silence:
        now = self._now()
        labels = alert.labels | {"rule": alert.rule}
        return self.silence(
            Silence(
                matchers=exactly(labels),
                starts=now,
                ends=now + length,
                author=author,
                reason=reason,
                created=now,
                before=now,
            )
        )

    def notifications(self, limit: int) -> list[LogEntry]:
        return self._keeper.log(limit)


def _unpacked(kept: bytes) -> State:
    try:
        return msgspec.msgpack.decode(kept, type=State)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        log.warning("who was told of alerts is forgotten error=%s", error)
        return State()


def _firing(alerts: Iterable[Alert]) -> list[Alert]:
    return [alert for alert in alerts if alert.state is Life.FIRING]


def _checked(silence: Silence) -> Quiet:
    try:
        parse_matchers(silence.matchers)
        return Quiet(silence)
    except ValueError as error:
        raise QuerySyntaxError(f"matchers: {', '.join(silence.matchers)[:200]} {error}") from None


def _unknown(alert: Alert) -> AlertRecord:
    raise AssertionError("not begun")
