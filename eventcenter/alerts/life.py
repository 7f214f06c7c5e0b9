"""The life of an alert: pending, firing, resolved. A pure state machine; whoever calls gives the time (ms).

    (nothing) ──condition holds──► pending ──for as long as asked──► firing ──an end event, or quiet──► resolved
                                      └──────condition gone──────► (nothing)

What has been resolved and comes again is the same alert when it comes soon, and a new one later: a thing that flaps is
one thing."""

from __future__ import annotations

import enum

import msgspec

from eventcenter.alerts.counting import Window
from eventcenter.alerts.rule import Kind, Rule

MAX_NAMES = 50
"""Objects that an alert names; others are counted."""


class State(enum.StrEnum):
    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"


class Step(enum.StrEnum):
    """What happened to an alert."""

    BEGAN = "began"
    """It waits whether the condition holds."""
    FIRED = "fired"
    PASSED = "passed"
    """It was pending and is nothing any more."""
    RESOLVED = "resolved"


class Alert(msgspec.Struct, kw_only=True):
    rule: str
    labels: tuple[tuple[str, str], ...]
    state: State = State.PENDING
    since: int
    """When the condition began to hold."""
    fired: int | None = None
    resolved: int | None = None
    newest: int
    """Of its newest occurrence."""
    occurrences: int = 0
    """Since it began."""
    names: dict[str, int] = {}
    unnamed: int = 0
    nodes: list[str] = []
    """Where its objects are, as far as the events say so."""
    seq: int = 0
    """Of the newest change that it is about."""
    message: str = ""
    why: str = ""
    """Why it was resolved."""


Key = tuple[tuple[str, str], ...]
"""Names and values of labels: what tells one alert of a rule from another."""
Steps = list[tuple[Step, Alert]]


class Kept(msgspec.Struct):
    """The state of `Lives`."""

    alerts: list[Alert]
    windows: list[tuple[Key, list[tuple[int, int]]]]


class Lives:
    """The alerts of one rule."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.alerts: dict[Key, Alert] = {}
        self._windows: dict[Key, Window] = {}
        self._touched: set[Key] = set()

    def touched(self) -> list[Alert]:
        """The open alerts that something has happened to since this was asked last."""
        keys, self._touched = self._touched, set()
        return [self.alerts[key] for key in keys if key in self.alerts]

    def occurred(
        self,
        key: Key,
        time: int,
        occurrences: int,
        *,
        name: str = "",
        node: str = "",
        message: str = "",
        seq: int = 0,
    ) -> Steps:
        """Something that the rule looks for has happened."""
        steps = self._overdue(key, time)
        alert = self.alerts.get(key)
        if alert is None:
            together = self._together(key, time, occurrences)
            if together < self.rule.count:
                return steps
            # What has led to it is part of it; its objects are not known any more.
            alert = self.alerts[key] = Alert(
                rule=self.rule.name, labels=key, since=time, newest=time, occurrences=together - occurrences
            )
            steps.append((Step.BEGAN, alert))
        self._touched.add(key)
        alert.newest = max(alert.newest, time)
        alert.occurrences += occurrences
        alert.message, alert.seq = message, seq
        _name(alert, name, occurrences)
        if node not in alert.nodes and len(alert.nodes) <= MAX_NAMES:
            alert.nodes.append(node)
        return steps + self._ripen(alert, time)

    def _together(self, key: Key, time: int, occurrences: int) -> int:
        """Occurrences within the time of the rule, with these. Most rules want one only, and keep nothing."""
        if self.rule.count <= occurrences and key not in self._windows:
            return occurrences
        window = self._windows.setdefault(key, Window(self.rule.within))
        together = window.add(time, occurrences)
        if together >= self.rule.count:
            del self._windows[key]
        return together

    def ended(self, key: Key, time: int, why: str) -> Steps:
        """An event says that it is over. What happens from then on counts anew."""
        self._windows.pop(key, None)
        alert = self.alerts.get(key)
        return [] if alert is None or time < alert.newest else [end(self.alerts.pop(key), time, why)]

    def tick(self, now: int) -> Steps:
        """What has changed by the time alone."""
        steps: Steps = []
        for key, alert in list(self.alerts.items()):
            steps += self._ripen(alert, now) + self._overdue(key, now)
        for key in [key for key, window in self._windows.items() if not window.at(now)]:
            del self._windows[key]
        return steps

    def _overdue(self, key: Key, now: int) -> Steps:
        """The end that quiet brings, at the time when it came."""
        alert = self.alerts.get(key)
        if (
            alert is None
            or self.rule.kind is not Kind.EVENT
            or now < (over := alert.newest + self.rule.quiet)
        ):
            return []
        return [
            *self._ripen(alert, over),
            end(self.alerts.pop(key), over, f"nothing for {self.rule.quiet // 60_000} min"),
        ]

    def _ripen(self, alert: Alert, now: int) -> Steps:
        ripe = alert.since + self.rule.pending
        if alert.state is not State.PENDING or now < ripe:
            return []
        alert.state, alert.fired = State.FIRING, ripe
        self._touched.add(alert.labels)
        return [(Step.FIRED, alert)]

    def kept(self) -> Kept:
        return Kept(
            list(self.alerts.values()), [(key, window.kept()) for key, window in self._windows.items()]
        )

    def take_up(self, kept: Kept) -> None:
        """The state as it was kept."""
        self.alerts = {alert.labels: alert for alert in kept.alerts}
        self._windows = {key: Window(self.rule.within, buckets) for key, buckets in kept.windows}


def end(alert: Alert, time: int, why: str) -> tuple[Step, Alert]:
    step = Step.RESOLVED if alert.state is State.FIRING else Step.PASSED
    alert.state, alert.resolved, alert.why = State.RESOLVED, time, why
    return step, alert


def _name(alert: Alert, name: str, occurrences: int) -> None:
    if not name:
        return
    if name in alert.names or len(alert.names) < MAX_NAMES:
        alert.names[name] = alert.names.get(name, 0) + occurrences
    else:
        alert.unnamed += occurrences
