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
    seq: int = 0
    """Of the newest change that it is about."""
    message: str = ""
    why: str = ""
    """Why it was resolved."""


class Lives:
    """The alerts of one rule over events."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.alerts: dict[tuple[tuple[str, str], ...], Alert] = {}
        self._windows: dict[tuple[tuple[str, str], ...], Window] = {}

    def occurred(
        self,
        key: tuple[tuple[str, str], ...],
        time: int,
        occurrences: int,
        *,
        name: str,
        message: str,
        seq: int,
    ) -> list[tuple[Step, Alert]]:
        """Something that the rule looks for has happened."""
        steps = self.tick(time)
        window = self._windows.setdefault(key, Window(self.rule.within))
        enough = window.add(time, occurrences) >= self.rule.count
        alert = self.alerts.get(key)
        if alert is None:
            if not enough:
                return steps
            alert = self.alerts[key] = Alert(
                rule=self.rule.name,
                labels=key,
                since=time,
                newest=time,
                occurrences=window.at(time) - occurrences,
            )
            steps.append((Step.BEGAN, alert))
        alert.newest = max(alert.newest, time)
        alert.occurrences += occurrences
        alert.message, alert.seq = message, seq
        _name(alert, name, occurrences)
        return steps + self._ripen(alert, time)

    def ended(self, key: tuple[tuple[str, str], ...], time: int, why: str) -> list[tuple[Step, Alert]]:
        """An event says that it is over. What happens from then on counts anew."""
        self._windows.pop(key, None)
        alert = self.alerts.get(key)
        return [] if alert is None or time < alert.newest else [self._end(key, alert, time, why)]

    def tick(self, now: int) -> list[tuple[Step, Alert]]:
        """What has changed by the time alone."""
        steps: list[tuple[Step, Alert]] = []
        for key, alert in list(self.alerts.items()):
            over = alert.newest + self.rule.quiet
            steps += self._ripen(alert, min(now, over))
            if now >= over and self.rule.kind is Kind.EVENT:
                steps.append(self._end(key, alert, over, f"nothing for {self.rule.quiet // 60_000} min"))
        for key in [key for key, window in self._windows.items() if not window.at(now)]:
            del self._windows[key]
        return steps

    def _ripen(self, alert: Alert, now: int) -> list[tuple[Step, Alert]]:
        if alert.state is not State.PENDING or now - alert.since < self.rule.pending:
            return []
        alert.state, alert.fired = State.FIRING, max(alert.since + self.rule.pending, alert.since)
        return [(Step.FIRED, alert)]

    def _end(self, key: tuple[tuple[str, str], ...], alert: Alert, time: int, why: str) -> tuple[Step, Alert]:
        del self.alerts[key]
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
